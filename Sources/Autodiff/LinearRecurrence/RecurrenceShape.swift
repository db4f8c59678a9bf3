import Kernels

/// Sizes of one use of a recurrence with a matrix state S [features, valueWidth] per head, cut into chunks of time.
struct RecurrenceShape {
  let batch: Int, length: Int
  let heads: Int, keyWidth: Int, valueWidth: Int
  /// Rows of a head's state: keyWidth, or how many features a key has.
  let features: Int
  /// Tokens per chunk; the last one may have fewer.
  let chunkLength: Int
  /// Whether the state has the sum of the keys' features beside it.
  var normalized = false

  var chunks: Int { (length + chunkLength - 1) / chunkLength }
  func length(ofChunk chunk: Int) -> Int { min(chunkLength, length - chunk * chunkLength) }
  /// First row of a chunk in tensors [batch, length, channels].
  func row(_ example: Int, _ chunk: Int) -> Int { example * length + chunk * chunkLength }

  /// Row length of square blocks [chunk, chunk].
  var padded: Int { Kernels.wholeVectors(chunkLength) }
  var square: Int { chunkLength * padded }
  /// Row lengths of scratch blocks.
  var keyStride: Int { SSDShape.spread(keyWidth) }
  var featureStride: Int { SSDShape.spread(features) }
  /// One column more than a value has, for the gradient of the normaliser.
  var valueStride: Int { SSDShape.spread(valueWidth + (normalized ? 1 : 0)) }
  /// Floats of one head's state [features, valueStride], and the sum of features after it.
  var state: Int { features * valueStride + (normalized ? featureStride : 0) }
}

/// What the backward pass needs of each chunk of an example.
struct SavedChunks {
  let shape: RecurrenceShape
  private let blockSize: Int
  private var blocks: UnsafeMutablePointer<Float>  // [chunk, head, blockSize]
  /// [chunk, head, state]; chunk 0 starts from zero and has none.
  private var states: UnsafeMutablePointer<Float>
  /// Chunks that have memory of their own: all of them, or 1 when nothing is saved.
  private let slots: Int

  /// `blockSize` is what an operation saves of one chunk of a head besides its state.
  init(_ shape: RecurrenceShape, examples: Int, blockSize: Int, savesAll: Bool, in arena: Arena) {
    (self.shape, self.blockSize) = (shape, blockSize)
    slots = savesAll ? shape.chunks : 1
    blocks = arena.allocate(examples * slots * shape.heads * blockSize)
    states = arena.allocate(examples * max(slots - 1, 1) * shape.heads * shape.state)
  }

  func of(_ example: Int) -> SavedChunks {
    var saved = self
    saved.blocks += example * slots * shape.heads * blockSize
    saved.states += example * max(slots - 1, 1) * shape.heads * shape.state
    return saved
  }

  func block(_ chunk: Int, head: Int) -> UnsafeMutablePointer<Float> {
    blocks + (chunk % slots * shape.heads + head) * blockSize
  }

  /// At the start of chunk ≥ 1. Without memory of their own, all chunks share one slot.
  func state(_ chunk: Int, head: Int) -> UnsafeMutablePointer<Float> {
    let slot = slots > 1 ? chunk - 1 : 0
    return states + (slot * shape.heads + head) * shape.state
  }
}

extension Tape {
  /// Runs the forward pass over every example; with gradients, each saves what its backward pass needs.
  func forEachExample(
    of shape: RecurrenceShape, blockSize: Int,
    _ forward: (_ example: Int, _ saved: SavedChunks) -> Void
  ) -> SavedChunks {
    let saved = SavedChunks(
      shape, examples: differentiates ? shape.batch : 1, blockSize: blockSize,
      savesAll: differentiates, in: arena)
    for example in 0..<shape.batch { forward(example, differentiates ? saved.of(example) : saved) }
    return saved
  }
}
