import Kernels

/// How fast a linear recurrence forgets: exp of these log-decays, none above 0, multiplies the state before each
/// token is written to it.
public enum LogDecay {
  case none
  /// [heads], the same for every token.
  case fixed([Float])
  /// [batch, length, heads].
  case perHead(Tensor)
  /// [batch, length, heads · key width].
  case perChannel(Tensor)
}

/// The decay of one head in one chunk, and all that it does to the head's queries, keys and state.
///
/// Within blocks of 16 rows pairs are formed by running products of decays. A block's pairs with the rows before
/// it are one matrix product: x times its decay since the block's start, y times its own until then.
struct ChunkDecay {
  let shape: RecurrenceShape
  let decay: LogDecay
  let arena: Arena
  private(set) var length = 0
  let mask: UnsafeMutablePointer<Float>  // [chunk, padded], per head
  private let prefix: UnsafeMutablePointer<Float>  // [chunk], per head
  private(set) var factors: DecayFactors  // per channel
  let transposed: Rows  // yᵀ [K, padded]
  let carried: Rows  // (y ⊙ decay until a block's start)ᵀ [K, padded]
  private let fixed: UnsafeMutablePointer<Float>  // [heads]

  var width: Int { shape.keyWidth }
  var padded: Int { shape.padded }

  init(_ shape: RecurrenceShape, _ decay: LogDecay, in arena: Arena) {
    (self.shape, self.decay, self.arena) = (shape, decay, arena)
    let (chunk, width, padded) = (shape.chunkLength, shape.keyWidth, shape.padded)
    var (hasMask, hasFactors) = (false, false)
    fixed = arena.allocate(shape.heads)
    switch decay {
    case .none: break
    case .fixed(let values):
      hasMask = true
      for head in 0..<shape.heads { fixed[head] = values[head] }
    case .perHead: hasMask = true
    case .perChannel: hasFactors = true
    }
    mask = arena.allocate(hasMask ? chunk * padded : 0)
    prefix = arena.allocate(hasMask ? chunk : 0)
    factors = DecayFactors(
      arena.allocate(hasFactors ? 5 * chunk * shape.keyStride : 0), capacity: chunk,
      channels: width, stride: shape.keyStride)
    transposed = Rows(arena.allocate(width * padded), stride: padded)
    carried = Rows(arena.allocate(hasFactors ? width * padded : 0), stride: padded)
  }

  /// Fills in the decay of `length` rows of a head, from `row` on.
  mutating func fill(row: Int, length: Int, head: Int) {
    self.length = length
    switch decay {
    case .none: break
    case .fixed:
      Kernels.decayMask(
        length, padded: padded, fixed + head, stride: 0, prefix: prefix, into: mask)
    case .perHead(let g):
      Kernels.decayMask(
        length, padded: padded, g.values + row * g.rowStride + head, stride: g.rowStride,
        prefix: prefix, into: mask)
    case .perChannel(let g):
      factors.fill(length: length, from: g.valueRows.block(row, column: head * width))
    }
  }

  // MARK: - The state before and after the chunk

  /// x ⊙ decay from the chunk's start on: what reads the state before the chunk. `target` may be x.
  func sinceStart(_ x: Rows, into target: Rows) -> Rows {
    switch decay {
    case .none: return x
    case .fixed, .perHead:
      Kernels.scaleRows(
        length, width, prefix, x.values, x.stride, into: target.values, target.stride)
    case .perChannel: Kernels.multiplyRows(length, width, x, factors.prefix, into: target)
    }
    return target
  }

  /// y ⊙ decay until the chunk's end: what enters the state after the chunk. `target` may be y.
  func untilEnd(_ y: Rows, into target: Rows) -> Rows {
    switch decay {
    case .none: return y
    case .fixed, .perHead:
      Kernels.scaleRows(
        length, width, mask + (length - 1) * padded, y.values, y.stride, into: target.values,
        target.stride)
    case .perChannel: Kernels.multiplyRows(length, width, y, factors.suffix, into: target)
    }
    return target
  }

  /// The whole chunk's decay of a state, or of its gradient in the backward pass. `target` may be the state.
  func decay(_ state: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>) {
    let (columns, stride) = (shape.valueWidth, shape.valueStride)
    switch decay {
    case .none:
      if target != state { target.update(from: state, count: shape.state) }
    case .fixed, .perHead:
      Kernels.scaleRows(
        width, columns, prefix + (length - 1), factorStride: 0, state, stride, into: target, stride)
    case .perChannel:
      Kernels.scaleRows(
        width, columns, factors.prefix.from(length - 1).values, state, stride, into: target, stride)
    }
  }

  /// Computes the gradient of the whole chunk's log-decay from the state after the chunk and its gradient: [K] or [1].
  func chunkDecayGradient(
    _ state: UnsafeMutablePointer<Float>, _ gradient: UnsafeMutablePointer<Float>,
    into carry: UnsafeMutablePointer<Float>
  ) {
    let (columns, stride) = (shape.valueWidth, shape.valueStride)
    switch decay {
    case .none, .fixed: break
    case .perHead:
      carry[0] = Float(Kernels.dot(width, columns, state, stride, gradient, stride))
    case .perChannel:
      Kernels.rowDots(
        width, columns, Rows(state, stride: stride), Rows(gradient, stride: stride), into: carry)
    }
  }
}

extension Rows {
  var operand: MatrixOperand { MatrixOperand(values, stride: stride) }
  var transposedOperand: MatrixOperand { MatrixOperand(values, stride: stride, transposed: true) }

  /// The rows from `row` on, without the columns before `column`.
  func block(_ row: Int, column: Int) -> Rows {
    Rows(values + row * stride + column, stride: stride)
  }
}
