import Autodiff
import Support

/// Token embedding, layers, a final norm and a head tied to the embedding; or what `ModelFrame` says.
///
/// It holds names, shapes and offsets of the parameters, never changes, and is shared by all threads. The values of
/// the parameters are in a `ParameterBuffer`.
public struct LanguageModel: Sendable {
  /// The settings that it was made from.
  public let configuration: ModelConfiguration
  /// Every parameter, in the order of the flat buffers.
  public let parameters: [Parameter]
  /// How the names of tensors start that public checkpoints hold and the model does not use.
  let ignoredNames: [String]
  /// Floats in a flat buffer.
  public let bufferCount: Int
  let tokenEmbedding: Parameter
  let positionEmbedding: Parameter?
  /// Fixed position embeddings [max_length, d_model]; empty if the model has none.
  package let sinusoids: [Float]
  /// In BERT's frame.
  let typedEmbedding: TypedEmbedding?
  let layers: [Layer]
  /// None in BERT's frame.
  let finalNorm: Normalization?
  let maskedTokenHead: MaskedTokenHead?

  public init(_ configuration: ModelConfiguration) {
    self.configuration = configuration
    let shape = configuration.shape
    let d = shape.modelDimension
    let layout = ParameterLayout()
    tokenEmbedding = layout.add(
      shape.frame.tokenEmbedding, [shape.vocabularySize, d],
      .normal(std: shape.embeddingStd), isMatrix: true)
    positionEmbedding =
      shape.positionEmbedding == .learned
      ? layout.add(
        shape.frame.positionEmbedding, [shape.maximumLength, d],
        .normal(std: shape.positionStd)) : nil
    sinusoids =
      shape.positionEmbedding == .sinusoidal
      ? Self.sinusoids(length: shape.maximumLength, columns: d, std: shape.positionStd) : []
    typedEmbedding =
      shape.frame == .bert ? TypedEmbedding(d, std: shape.positionStd, in: layout) : nil
    layers = (0..<shape.layers).map { Layer(configuration, layer: $0, in: layout) }
    finalNorm =
      shape.frame == .bert
      ? nil
      : shape.finalNorm == .rms
        ? layout.rmsNorm("backbone.norm_f", d) : layout.layerNorm("backbone.ln_f", d)
    maskedTokenHead =
      shape.hasMaskedTokenHead
      ? MaskedTokenHead(d, vocabulary: shape.vocabularySize, in: layout) : nil
    parameters = layout.parameters
    ignoredNames = layout.ignoredNames
    bufferCount = layout.count
  }

  /// Learned numbers of the model.
  public var parameterCount: Int { parameters.reduce(0) { $0 + ($1.isTrained ? $1.count : 0) } }

  /// The parameter values that a run with this seed starts from.
  public func initialValues(seed: UInt64) -> ParameterBuffer {
    let buffer = ParameterBuffer(count: bufferCount)
    buffer.initialize(parameters, seed: seed)
    return buffer
  }

  /// Tokens [batch, length] → the normalized outputs before the head [batch, length, d_model]; with `rows` only the
  /// outputs of these rows [1, rows, d_model].
  private func hidden(
    _ tokens: UnsafePointer<Int32>, batch: Int, length: Int, rows: PositionSelection?, on tape: Tape
  ) -> Tensor {
    var h = tape.embedding(
      tokens, batch: batch, length: length, tokenEmbedding: tokenEmbedding,
      positions: positionEmbedding, types: typedEmbedding?.types, sinusoids: sinusoids)
    if let typedEmbedding {
      h = tape.residualNorm(h, residual: nil, typedEmbedding.norm, keepsResidual: false).normed
    }
    h = tape.dropout(h, rate: Float(configuration.shape.embeddingDropout))
    var residual: Tensor?
    var shared: Tensor?
    for (index, layer) in layers.enumerated() {
      let rows = index == layers.count - 1 ? rows : nil
      (h, residual) = layer(h, residual: residual, shared: &shared, rows: rows, on: tape)
    }
    if let finalNorm {
      h = tape.residualNorm(h, residual: residual, finalNorm, keepsResidual: false).normed
    }
    return maskedTokenHead?(h, on: tape) ?? h
  }

  /// weight · Σ cross-entropy over the labelled positions, a tensor [1, 1, 1]. Tokens, labels and predictions are
  /// [batch, length]. A position whose label is below 0 has no label; its prediction is −1.
  public func loss(
    _ tokens: UnsafePointer<Int32>, labels: UnsafePointer<Int32>, batch: Int, length: Int,
    weight: Float, predictions: UnsafeMutablePointer<Int32>? = nil, on tape: Tape
  ) -> Tensor {
    let rows = tape.labelledRows(labels, batch: batch, length: length)
    let h = hidden(tokens, batch: batch, length: length, rows: rows, on: tape)
    guard let rows else {
      return tape.crossEntropy(
        h, labels: labels, tokenEmbedding: tokenEmbedding, bias: maskedTokenHead?.bias,
        weight: weight, predictions: predictions)
    }
    let answers = predictions.map { _ in tape.arena.allocate(rows.count, of: Int32.self) }
    let loss = tape.crossEntropy(
      h, labels: tape.labels(of: rows, labels), tokenEmbedding: tokenEmbedding,
      bias: maskedTokenHead?.bias, weight: weight, predictions: answers)
    if let predictions, let answers {
      predictions.update(repeating: -1, count: batch * length)
      for (index, row) in rows.rows.enumerated() { predictions[Int(row)] = answers[index] }
    }
    return loss
  }

  /// Logits [labelled positions in order, V].
  public func logits(
    _ tokens: UnsafePointer<Int32>, labels: UnsafePointer<Int32>, batch: Int, length: Int,
    into logits: UnsafeMutablePointer<Float>, on tape: Tape
  ) {
    let rows = tape.labelledRows(labels, batch: batch, length: length)
    let h = hidden(tokens, batch: batch, length: length, rows: rows, on: tape)
    tape.logits(
      h, labels: rows.map { tape.labels(of: $0, labels) } ?? labels, tokenEmbedding: tokenEmbedding,
      bias: maskedTokenHead?.bias, into: logits)
  }
}
