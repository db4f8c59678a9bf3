import Autodiff
import Support

/// A quasiseparable matrix: SSD in both directions with a diagonal of its own. Hwang et al., "Hydra: Bidirectional State
/// Space Models Through Generalized Matrix Mixers", 2024, section 3:
///
///     M_ts = C^f_{t−1} · B^f_s Δ^f_s exp(A Σ_{s<j<t} Δ^f_j)   for t > s,  δ_t for t = s,
///     M_ts = C^b_{t+1} · B^b_s Δ^b_s exp(A Σ_{t<j<s} Δ^b_j)   for t < s.
struct Hydra: DirectionalSettings {
  static let kind = "hydra"
  static let name = "Hydra"
  static let recipe = MixerRecipe(training: ["lr": 1.5e-2])

  var block = MatrixBlockSettings(headDimension: 64)
  var scan = DirectionalSizes()

  static let keys: [SettingKey<Hydra>] = scanKeys

  func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    HydraMixer(self, context, in: layout)
  }
}

private struct HydraMixer: MatrixMixer {
  let channels: DirectionalChannels
  let matrix: QuasiseparableMatrix

  init(_ settings: Hydra, _ context: LayerContext, in layout: ParameterLayout) {
    channels = DirectionalChannels(settings, isDoubled: false, context, in: layout)
    matrix = QuasiseparableMatrix(channels.scans, prefix: context.prefix, context, in: layout)
  }

  func callAsFunction(_ u: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor {
    channels.block(u, rows: rows, on: tape) { inputs in
      let parts = channels.parts(inputs, on: tape)
      return matrix(parts.x, forward: parts.forward, backward: parts.backward, on: tape)
    }
  }

  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    channels.block.multiplyAdds(length: length, outputs: outputs)
      + matrix.multiplyAdds(length: length)
  }

  func trainingFloats(length: Int, outputs: Int) -> Double {
    channels.block.trainingFloats(length: length, outputs: outputs)
      + matrix.trainingFloats(length: length)
  }

  func mixingMatrices(_ x: [[Double]], weights: ReferenceWeights) -> MixingMatrices {
    matrices(channels.parts(channels.block.inputs(x, weights: weights)), weights)
  }

  private func matrices(
    _ parts: DirectionalChannels.ReferenceParts, _ weights: ReferenceWeights
  ) -> MixingMatrices {
    matrix.matrices(parts.x, forward: parts.forward, backward: parts.backward, weights: weights)
  }

  func reference(_ x: [[Double]], weights: ReferenceWeights) -> [[Double]] {
    let inputs = channels.block.inputs(x, weights: weights)
    let parts = channels.parts(inputs)
    let y = matrices(parts, weights).product(parts.x)
    return channels.block.outputs(y, gate: inputs.gate, weights: weights)
  }
}
