import Autodiff
import Support

/// A matrix that depends on the distance of tokens: M_ts = forward_{t−s} for t ≥ s, otherwise backward_{s−t}. The weight of
/// distance j comes from token j, or is learned. Hwang et al., "Hydra", 2024, `matrix_mixer.py`.
struct Toeplitz: MatrixSettings {
  static let kind = "toeplitz"
  static let name = "Toeplitz"
  static let looksUpByContent = false
  static let note: String? =
    "Corrected: in the public code every token has the row of the next one, the last that of the first, "
    + "and only sequences of max_length run."

  var block = MatrixBlockSettings()
  var isDataDependent = true

  static let keys: [SettingKey<Toeplitz>] =
    blockKeys + [.dataDependent(\.isDataDependent)]

  func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    let (heads, longest) = (block.heads(context.modelDimension), context.longest)
    let matrixBlock = MatrixBlock(
      block, own: isDataDependent ? 2 * heads : 0, context, in: layout)
    // xavier_uniform
    let bound = (6 / Double(heads + 2 * longest - 1)).squareRoot()
    let filters =
      isDataDependent
      ? nil
      : layout.add(
        context.prefix + "matrix_mixer.conv_params", [heads, 2 * longest - 1],
        .uniform(bound: bound))
    return StructuredMixer(
      block: matrixBlock,
      structure: ToeplitzStructure(
        heads: heads, filters: filters, longest: longest, inner: matrixBlock.innerDimension),
      heads: heads)
  }
}

private struct ToeplitzStructure: MatrixStructure {
  let heads: Int
  /// [heads, 2 L_max − 1]: t − s is at t − s + L_max − 1.
  let filters: Parameter?
  let longest: Int
  /// Inner channels.
  let inner: Int
  private var scale: Double { 0.5 / Double(longest).squareRoot() }

  func mix(_ v: Tensor, own: Tensor?, on tape: Tape) -> Tensor {
    if let filters { return tape.toeplitzMix(v, lags: filters, scale: Float(scale)) }
    return tape.toeplitzMix(
      v, forward: tape.slice(0..<heads, of: own!),
      backward: tape.slice(heads..<2 * heads, of: own!), scale: Float(scale))
  }

  func matrix(_ head: Int, own: [[Double]], weights: ReferenceWeights) -> [Double] {
    let learned = filters.map { weights($0).dropFirst(head * $0.shape[1]) }.map(Array.init)
    return own.indices.flatMap { t in
      own.indices.map { s in
        if let learned { return scale * learned[t - s + longest - 1] }
        return scale * (t >= s ? own[t - s][head] : own[s - t][heads + head])
      }
    }
  }

  func multiplyAdds(length: Int) -> Int {
    LongConvolutionArithmetic.multiplyAdds(length: length, channels: inner, kernels: 2 * heads)
  }

  /// Learned filters as tensors.
  func trainingFloats(length: Int) -> Double {
    filters == nil ? 0 : Double(4 * length * heads)
  }
}
