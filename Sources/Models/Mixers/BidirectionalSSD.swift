import Autodiff
import Support

/// Two SSDs, from the first token to the last and back, whose results are added, multiplied or put side by side: what
/// bidirectional models did before Hydra. Hwang et al., "Hydra", 2024, section 4 (their ablation is not public).
///
///     y^f = SSD(x; B_f, C_f, Δ_f) + D x,  y^b the same from the last token to the first with B_b, C_b, Δ_b.
struct BidirectionalSSD: DirectionalSettings {
  static let kind = "bidirectional_ssd"
  static let name = "two SSDs"
  static let recipe = MixerRecipe(training: ["lr": 1.5e-2])

  var block = MatrixBlockSettings(headDimension: 64)
  var scan = DirectionalSizes()
  var combine = Combination.add

  static let keys: [SettingKey<BidirectionalSSD>] =
    scanKeys + [
      .choice("combine", \.combine, "what is made of the two directions' results")
    ]

  /// What is made of the results of both directions.
  enum Combination: String, SettingChoice {
    case add, multiply
    /// Side by side: norm, gate and output projection have twice as many channels.
    case concat
  }

  func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    BidirectionalSSDMixer(self, context, in: layout)
  }
}

private struct BidirectionalSSDMixer: MatrixMixer {
  let channels: DirectionalChannels
  let combine: BidirectionalSSD.Combination
  // swift-format-ignore: AlwaysUseLowerCamelCase
  let D: Parameter

  init(_ settings: BidirectionalSSD, _ context: LayerContext, in layout: ParameterLayout) {
    combine = settings.combine
    channels = DirectionalChannels(
      settings, isDoubled: combine == .concat, context, in: layout)
    D = layout.add(context.prefix + "D", [channels.scans.heads], .ones)
  }

  func callAsFunction(_ u: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor {
    channels.block(u, rows: rows, on: tape) { inputs in
      let parts = channels.parts(inputs, on: tape)
      let both = channels.scans.scan(
        parts.x, forward: parts.forward, backward: parts.backward, direct: D, on: tape)
      let inner = both.channels
      switch combine {
      case .add: return tape.joinDirections(both, delayed: false)
      case .concat: return tape.separateDirections(both)
      case .multiply:
        let separate = tape.separateDirections(both)
        return tape.product(
          tape.slice(0..<inner, of: separate), tape.slice(inner..<2 * inner, of: separate))
      }
    }
  }

  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    channels.block.multiplyAdds(length: length, outputs: outputs)
      + channels.scans.multiplyAdds(length: length)
  }

  /// To multiply, both directions' results stand side by side first.
  func trainingFloats(length: Int, outputs: Int) -> Double {
    let separate =
      combine == .multiply ? 4 * Double(length) * Double(channels.block.innerDimension) : 0
    return channels.block.trainingFloats(length: length, outputs: outputs)
      + channels.scans.trainingFloats(length: length) + separate
  }

  // MARK: - The specification

  /// The forward and the backward matrix of a head, D on the diagonal of both.
  private func matrices(
    _ head: Int, _ parts: DirectionalChannels.ReferenceParts, _ weights: ReferenceWeights
  ) -> (lower: [Double], upper: [Double]) {
    var (lower, upper) = channels.scans.matrices(
      head, forward: parts.forward, backward: parts.backward, delay: 0, weights: weights)
    let (length, direct) = (parts.x.count, weights(D)[head])
    for t in 0..<length {
      lower[t * length + t] += direct
      upper[t * length + t] += direct
    }
    return (lower, upper)
  }

  func mixingMatrices(_ x: [[Double]], weights: ReferenceWeights) -> MixingMatrices {
    let parts = channels.parts(channels.block.inputs(x, weights: weights))
    let length = x.count
    return MixingMatrices(
      of: .head, count: channels.scans.heads, width: channels.scans.headDimension, length: length
    ) { head in
      var (lower, upper) = matrices(head, parts, weights)
      if combine != .add { for t in 0..<length { upper[t * length + t] = 0 } }
      return zip(lower, upper).map(+)
    }
  }

  func reference(_ x: [[Double]], weights: ReferenceWeights) -> [[Double]] {
    let inputs = channels.block.inputs(x, weights: weights)
    let parts = channels.parts(inputs)
    let heads = (0..<channels.scans.heads).map { head in
      let v = inputs.values(head, of: channels.scans.headDimension)
      let (lower, upper) = matrices(head, parts, weights)
      return (PlainMatrix.product(lower, v), PlainMatrix.product(upper, v))
    }
    let forward = PlainMatrix.joined(heads.map(\.0))
    let backward = PlainMatrix.joined(heads.map(\.1))
    let y = zip(forward, backward).map { forward, backward in
      switch combine {
      case .add: zip(forward, backward).map(+)
      case .multiply: zip(forward, backward).map(*)
      case .concat: forward + backward
      }
    }
    return channels.block.outputs(y, gate: inputs.gate, weights: weights)
  }
}
