import Autodiff
import Support

/// Hydra's matrix with B and C that both directions and all heads share: N = m · heads scalars of state for each inner
/// channel and direction. Hwang et al., "Hydra", 2024, `matrix_mixer.py`.
struct Quasiseparable: MatrixSettings {
  static let kind = "quasiseparable"
  static let name = "quasiseparable"
  static let recipe = MixerRecipe(training: ["lr": 1.5e-2])

  var block = MatrixBlockSettings()
  /// m
  var rank = 16
  var isDataDependent = true
  /// Tokens per chunk of a scan; changes speed and rounding, not the result.
  var chunkLength = 64

  static let keys: [SettingKey<Quasiseparable>] =
    blockKeys + [
      .queryKeyDimension(\.rank), .dataDependent(\.isDataDependent),
      .chunkLength(\.chunkLength),
    ]

  func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    QuasiseparableMixer(self, context, in: layout)
  }
}

private struct QuasiseparableMixer: MatrixMixer {
  let block: MatrixBlock
  let matrix: QuasiseparableMatrix
  /// B, C by position [L_max, 2 N], if they do not follow from the tokens.
  let table: Parameter?

  private var heads: Int { matrix.scans.heads }
  /// N
  private var states: Int { matrix.scans.states }

  init(_ settings: Quasiseparable, _ context: LayerContext, in layout: ParameterLayout) {
    let heads = settings.block.heads(context.modelDimension)
    let (states, prefix) = (heads * settings.rank, context.prefix + "matrix_mixer.")
    let depends = settings.isDataDependent
    block = MatrixBlock(
      settings.block, own: depends ? 2 * states : 0, rest: depends ? 2 * heads : 0, context,
      in: layout)
    let scans = DirectionalSSD(
      heads: heads, headDimension: settings.block.headDimension, groups: 1, states: states,
      chunkLength: settings.chunkLength, prefix: prefix, in: layout)
    matrix = QuasiseparableMatrix(scans, prefix: prefix, context, in: layout)
    let std = (2 / Double(context.longest + 2 * states)).squareRoot()
    table =
      depends ? nil : layout.add(prefix + "BC", [context.longest, 2 * states], .normal(std: std))
  }

  func callAsFunction(_ u: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor {
    block(u, rows: rows, on: tape) { inputs in
      guard let table else {
        let inner = block.innerDimension
        let x = tape.slice(0..<inner, of: inputs.activated)
        let b = tape.slice(inner..<inner + states, of: inputs.activated)
        let c = tape.slice(inner + states..<inner + 2 * states, of: inputs.activated)
        func operands(_ dt: Range<Int>) -> DirectionalSSD.Operands {
          DirectionalSSD.Operands(b: b, c: c, dt: tape.slice(dt, of: inputs.rest!))
        }
        return matrix(
          x, forward: operands(0..<heads), backward: operands(heads..<2 * heads), on: tape)
      }
      let rows = tape.rows(u.length, of: table)
      let operands = DirectionalSSD.Operands(
        b: tape.slice(0..<states, of: rows), c: tape.slice(states..<2 * states, of: rows), dt: nil)
      return matrix(inputs.activated, forward: operands, backward: operands, on: tape)
    }
  }

  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    block.multiplyAdds(length: length, outputs: outputs) + matrix.multiplyAdds(length: length)
  }

  func trainingFloats(length: Int, outputs: Int) -> Double {
    block.trainingFloats(length: length, outputs: outputs) + matrix.trainingFloats(length: length)
  }

  // MARK: - The specification

  func mixingMatrices(_ x: [[Double]], weights: ReferenceWeights) -> MixingMatrices {
    matrices(block.inputs(x, weights: weights), weights)
  }

  private func matrices(
    _ inputs: MatrixBlock.ReferenceInputs, _ weights: ReferenceWeights
  ) -> MixingMatrices {
    let x = inputs.channels.map { Array($0[..<block.innerDimension]) }
    guard let table else {
      let (b, c) = (inputs.own(0..<states), inputs.own(states..<2 * states))
      func operands(_ dt: Range<Int>) -> DirectionalSSD.ReferenceOperands {
        DirectionalSSD.ReferenceOperands(b: b, c: c, dt: inputs.rest.map { Array($0[dt]) })
      }
      return matrix.matrices(
        x, forward: operands(0..<heads), backward: operands(heads..<2 * heads), weights: weights)
    }
    let values = weights(table)
    func columns(_ range: Range<Int>) -> [[Double]] {
      x.indices.map { t in range.map { values[t * 2 * states + $0] } }
    }
    let operands = DirectionalSSD.ReferenceOperands(
      b: columns(0..<states), c: columns(states..<2 * states),
      dt: x.map { _ in .init(repeating: 0, count: heads) })
    return matrix.matrices(x, forward: operands, backward: operands, weights: weights)
  }

  func reference(_ x: [[Double]], weights: ReferenceWeights) -> [[Double]] {
    let inputs = block.inputs(x, weights: weights)
    let values = inputs.channels.map { Array($0[..<block.innerDimension]) }
    let y = matrices(inputs, weights).product(values)
    return block.outputs(y, gate: inputs.gate, weights: weights)
  }
}
