import Autodiff
import Support

/// A matrix that is learned number by number and has no structure. Hwang et al., "Hydra", 2024, `matrix_mixer.py`.
struct Dense: MatrixSettings {
  static let kind = "dense"
  static let name = "dense"
  static let looksUpByContent = false

  var block = MatrixBlockSettings()
  /// Never: the key is there because all matrix mixers have it.
  var isDataDependent = false

  static let keys: [SettingKey<Dense>] =
    blockKeys + [.dataDependent(\.isDataDependent)]

  func validateTogether() throws(SettingsError) {
    guard !isDataDependent else {
      throw SettingsError("data_dependent", true, allowed: "false, as a dense matrix is learned")
    }
  }

  func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    let (heads, longest) = (block.heads(context.modelDimension), context.longest)
    let matrixBlock = MatrixBlock(block, own: 0, context, in: layout)
    // xavier_normal as PyTorch has it for three axes.
    let std = (2 / (Double(heads + longest) * Double(longest))).squareRoot()
    let weight = layout.add(
      context.prefix + "matrix_mixer.M", [heads, longest, longest], .normal(std: std))
    return StructuredMixer(
      block: matrixBlock,
      structure: DenseStructure(weight: weight, inner: matrixBlock.innerDimension), heads: heads)
  }
}

private struct DenseStructure: MatrixStructure {
  /// [heads, L_max, L_max]
  let weight: Parameter
  /// Inner channels.
  let inner: Int
  private var longest: Int { weight.shape[1] }
  private var scale: Double { 1 / Double(longest).squareRoot() }

  func mix(_ v: Tensor, own: Tensor?, on tape: Tape) -> Tensor {
    tape.matrixMix(v, by: .dense(weight), heads: weight.shape[0], scale: Float(scale))
  }

  func matrix(_ head: Int, own: [[Double]], weights: ReferenceWeights) -> [Double] {
    let values = weights(weight).dropFirst(head * longest * longest)
    return own.indices.flatMap { t in
      own.indices.map { s in scale * values[values.startIndex + t * longest + s] }
    }
  }

  func multiplyAdds(length: Int) -> Int { length * length * inner }

  func trainingFloats(length: Int) -> Double { 0 }
}
