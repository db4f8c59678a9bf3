import Autodiff
import Support

/// Token embedding, residual blocks around mixers, final LayerNorm and a head tied to the embedding.
///
/// A frozen value of parameter handles, shared by all threads; values live in a `ParameterBuffer`.
public struct LanguageModel: Sendable {
  public let configuration: ModelConfiguration
  /// Every parameter, in the order of the flat buffers.
  public let parameters: [Parameter]
  /// Floats in a flat buffer.
  public let bufferCount: Int
  let words: Parameter
  let positions: Parameter?
  /// Positions that are not learned [max_length, d_model]; empty for none.
  package let sinusoids: [Float]
  let blocks: [Block]
  let finalNorm: Normalization

  public init(_ configuration: ModelConfiguration) {
    self.configuration = configuration
    let backbone = configuration.backbone
    let d = backbone.modelDimension
    let layout = ParameterLayout()
    words = layout.add(
      "backbone.embeddings.word_embeddings.weight", [backbone.vocabularySize, d],
      .normal(std: configuration.mixer.embeddingDeviation), isMatrix: true)
    switch configuration.mixer.positions {
    case .learned(let deviation):
      positions = layout.add(
        "backbone.embeddings.position_embeddings.weight", [backbone.maximumLength, d],
        .normal(std: deviation))
      sinusoids = []
    case .sinusoidal(let deviation):
      positions = nil
      sinusoids = PositionEmbedding.sinusoids(
        length: backbone.maximumLength, columns: d, deviation: deviation)
    case nil: (positions, sinusoids) = (nil, [])
    }
    blocks = (0..<backbone.layers).map {
      Block(configuration.mixer, layer: $0, of: backbone.layers, modelDimension: d, in: layout)
    }
    finalNorm = layout.layerNorm("backbone.ln_f", d)
    parameters = layout.parameters
    bufferCount = layout.count
  }

  /// Learned numbers of the model.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

  /// The parameter values a run with this seed starts from.
  public func initialValues(seed: UInt64) -> ParameterBuffer {
    let buffer = ParameterBuffer(count: bufferCount)
    buffer.initialize(parameters, seed: seed)
    return buffer
  }

  /// The normalized outputs [batch, time, d_model] before the head, or with `rows` theirs alone
  /// [1, rows, d_model]; tokens [batch, time].
  private func hidden(
    _ tokens: UnsafePointer<Int32>, batch: Int, time: Int, rows: PositionSelection?, on tape: Tape
  ) -> Tensor {
    var h = tape.embedding(
      tokens, batch: batch, length: time, tokenEmbedding: words, positions: positions,
      sinusoids: sinusoids)
    h = tape.dropout(h, rate: Float(configuration.mixer.embeddingDropout))
    var residual: Tensor?
    for (layer, block) in blocks.enumerated() {
      let rows = layer == blocks.count - 1 ? rows : nil
      (h, residual) = block(h, residual: residual, rows: rows, on: tape)
    }
    return tape.residualNorm(h, residual: residual, finalNorm, keepsResidual: false).normed
  }

  /// weight · Σ cross-entropy over the labelled positions [1, 1, 1]; tokens, labels and predictions
  /// [batch, time]. A label below 0 is none; the prediction there is −1.
  public func loss(
    _ tokens: UnsafePointer<Int32>, labels: UnsafePointer<Int32>, batch: Int, time: Int,
    weight: Float, predictions: UnsafeMutablePointer<Int32>? = nil, on tape: Tape
  ) -> Tensor {
    let rows = tape.labelledRows(labels, batch: batch, time: time)
    let h = hidden(tokens, batch: batch, time: time, rows: rows, on: tape)
    guard let rows else {
      return tape.crossEntropy(
        h, labels: labels, tokenEmbedding: words, weight: weight, predictions: predictions)
    }
    let answers = predictions.map { _ in tape.arena.allocate(rows.count, of: Int32.self) }
    let loss = tape.crossEntropy(
      h, labels: tape.labels(of: rows, labels), tokenEmbedding: words, weight: weight,
      predictions: answers)
    if let predictions, let answers {
      predictions.update(repeating: -1, count: batch * time)
      for (index, row) in rows.rows.enumerated() { predictions[Int(row)] = answers[index] }
    }
    return loss
  }

  /// Logits [labelled positions in order, V].
  public func logits(
    _ tokens: UnsafePointer<Int32>, labels: UnsafePointer<Int32>, batch: Int, time: Int,
    into logits: UnsafeMutablePointer<Float>, on tape: Tape
  ) {
    let rows = tape.labelledRows(labels, batch: batch, time: time)
    let h = hidden(tokens, batch: batch, time: time, rows: rows, on: tape)
    tape.logits(
      h, labels: rows.map { tape.labels(of: $0, labels) } ?? labels, tokenEmbedding: words,
      into: logits)
  }

  /// Multiply-adds of a training step per sequence: forward once, backward twice that; only `labelled`
  /// positions need the last block's outputs and go through the head.
  public func trainingMultiplyAdds(length: Int, labelled: OutputPositions) -> Int {
    let all = OutputPositions(length: length)
    let mixers = blocks.indices.reduce(0) { sum, layer in
      let outputs = layer == blocks.count - 1 ? labelled : all
      return sum + blocks[layer].mixer.multiplyAdds(length: length, outputs: outputs)
    }
    return 3 * (mixers + labelled.count * words.count)
  }

  /// Bytes that a thread needs at least for training passes of `batch` sequences at a time, each with so many
  /// `labelled` positions: activations, and the logits of 64 positions.
  public func trainingBytes(batch: Int, length: Int, labelled: Int) -> Double {
    let d = Double(configuration.backbone.modelDimension)
    let mixers = blocks.indices.reduce(0) { sum, layer in
      let outputs = layer == blocks.count - 1 ? labelled : length
      return sum + blocks[layer].mixer.trainingFloats(length: length, outputs: outputs)
    }
    let around = Double(length) * d * Double(4 * blocks.count)
    return 4 * (Double(batch) * (mixers + around) + 64 * Double(words.shape[0]))
  }

  /// Multiply-adds of one `step` that leaves `state` behind in each layer; its logits go over all of the
  /// vocabulary.
  public func decodeMultiplyAdds(leaving state: MixerState) -> Int {
    blocks.reduce(words.count) { $0 + $1.mixer.stepMultiplyAdds(leaving: state) }
  }

  /// What every layer carries before the first token, and how many tokens came before.
  public struct State: Sendable {
    public internal(set) var layers: [MixerState]
    public internal(set) var tokens = 0

    public var scalars: Int { layers.reduce(0) { $0 + $1.scalars } }
  }

  public func initialState() -> State { State(layers: blocks.map { $0.mixer.initialState() }) }

  /// One token through the recurrences → logits [V], in double precision, without dropout.
  public func step(_ token: Int, state: inout State, weights: Weights) -> [Double] {
    let d = configuration.backbone.modelDimension
    let embedding = Array(weights(words))
    var h = Array(embedding[(token * d)..<((token + 1) * d)])
    let place = state.tokens * d
    if let table = positions.map(weights.callAsFunction) {
      for c in 0..<d { h[c] += table[table.startIndex + place + c] }
    }
    if !sinusoids.isEmpty { for c in 0..<d { h[c] += Double(sinusoids[place + c]) } }
    var residual: [Double]?
    for (layer, block) in blocks.enumerated() {
      (h, residual) = block.step(
        h, residual: residual, state: &state.layers[layer], weights: weights)
    }
    state.tokens += 1
    let out = weights.normalize(zip(residual!, h).map(+), finalNorm)
    return (0..<configuration.backbone.vocabularySize).map { token in
      (0..<d).reduce(0) { $0 + embedding[token * d + $1] * out[$1] }
    }
  }
}
