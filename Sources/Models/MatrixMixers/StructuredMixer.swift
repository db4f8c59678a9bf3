import Autodiff
import Foundation
import Support

/// What a class of matrices is made of: queries and keys, filters, or weights of its own.
protocol MatrixStructure: Sendable {
  /// s M v + v for v [batch, length, inner channels]. `own` are the channels that the mixer projects besides v.
  func mix(_ v: Tensor, own: Tensor?, on tape: Tape) -> Tensor

  /// s M of a head [length, length], row major; `own` [length] are the channels that the mixer projects besides v.
  func matrix(_ head: Int, own: [[Double]], weights: ReferenceWeights) -> [Double]

  /// Multiply-adds of M v and of what makes M, in all heads.
  func multiplyAdds(length: Int) -> Int

  /// Floats that the backward pass needs of M and of what makes it, beside the mixer's own channels.
  func trainingFloats(length: Int) -> Double
}

/// y = s M v + v per head, with a matrix of some structure, in the shared block.
struct StructuredMixer<Structure: MatrixStructure>: MatrixMixer {
  let block: MatrixBlock
  let structure: Structure
  let heads: Int

  private var ownChannels: Range<Int> {
    0..<block.convolved - block.innerDimension
  }

  func callAsFunction(_ u: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor {
    block(u, rows: rows, on: tape) { inputs in
      guard !ownChannels.isEmpty, inputs.plain == nil else {
        return structure.mix(inputs.activated, own: inputs.plain, on: tape)
      }
      let inner = block.innerDimension
      return structure.mix(
        tape.slice(0..<inner, of: inputs.activated),
        own: tape.slice(inner..<block.convolved, of: inputs.activated), on: tape)
    }
  }

  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    block.multiplyAdds(length: length, outputs: outputs) + structure.multiplyAdds(length: length)
  }

  func trainingFloats(length: Int, outputs: Int) -> Double {
    block.trainingFloats(length: length, outputs: outputs)
      + structure.trainingFloats(length: length)
  }

  func mixingMatrices(_ x: [[Double]], weights: ReferenceWeights) -> MixingMatrices {
    matrices(block.inputs(x, weights: weights), weights: weights)
  }

  private func matrices(
    _ inputs: MatrixBlock.ReferenceInputs, weights: ReferenceWeights
  ) -> MixingMatrices {
    let own = inputs.own(ownChannels)
    return MixingMatrices(
      of: .head, count: heads, width: block.innerDimension / heads, length: own.count
    ) { structure.matrix($0, own: own, weights: weights) }
  }

  func reference(_ x: [[Double]], weights: ReferenceWeights) -> [[Double]] {
    let inputs = block.inputs(x, weights: weights)
    let matrices = matrices(inputs, weights: weights)
    let y = (0..<heads).map { head in
      let v = inputs.values(head, of: matrices.width)
      return zip(PlainMatrix.product(matrices[head], v), v).map { zip($0, $1).map(+) }
    }
    return block.outputs(PlainMatrix.joined(y), gate: inputs.gate, weights: weights)
  }
}

/// The settings of mixers whose matrix is made of queries and keys of m channels a head.
protocol QueryKeySettings: MatrixSettings {
  /// m
  var rank: Int { get set }
  var isDataDependent: Bool { get set }
}

extension QueryKeySettings {
  /// `activates`: whether queries and keys get SiLU. `make` makes the structure of heads, scale and where queries and
  /// keys come from.
  func mixer<Structure: MatrixStructure>(
    activates: Bool, _ context: LayerContext, in layout: ParameterLayout,
    _ make: (_ heads: Int, QueriesAndKeys) -> Structure
  ) -> StructuredMixer<Structure> {
    let heads = block.heads(context.modelDimension)
    let own = isDataDependent ? 2 * heads * rank : 0
    let block = MatrixBlock(block, own: own, activatesOwn: activates, context, in: layout)
    let operands = QueriesAndKeys(
      heads: heads, rank: rank, isDataDependent: isDataDependent, context, in: layout)
    return StructuredMixer(block: block, structure: make(heads, operands), heads: heads)
  }
}

/// Where queries and keys come from: the tokens, or learned tables by position.
struct QueriesAndKeys: Sendable {
  let heads: Int
  /// m
  let rank: Int
  let longest: Int
  /// [L_max, heads, m]
  let tables: (q: Parameter, k: Parameter)?

  init(
    heads: Int, rank: Int, isDataDependent: Bool, _ context: LayerContext,
    in layout: ParameterLayout
  ) {
    let longest = context.longest
    (self.heads, self.rank, self.longest) = (heads, rank, longest)
    // xavier_normal as PyTorch has it for three axes.
    let std = (2 / (Double(heads + longest) * Double(rank))).squareRoot()
    func table(_ name: String) -> Parameter {
      layout.add(
        "\(context.prefix)matrix_mixer.\(name)", [longest, heads, rank], .normal(std: std))
    }
    tables = isDataDependent ? nil : (table("q_matrix"), table("k_matrix"))
  }

  var width: Int { heads * rank }

  /// q, k [batch or 1, length, heads · m].
  func callAsFunction(_ length: Int, own: Tensor?, on tape: Tape) -> (q: Tensor, k: Tensor) {
    if let tables {
      return (
        tape.rows(length, of: tables.q, columns: width),
        tape.rows(length, of: tables.k, columns: width)
      )
    }
    return (tape.slice(0..<width, of: own!), tape.slice(width..<2 * width, of: own!))
  }

  /// q and k of a head [length][m].
  func reference(
    _ head: Int, own: [[Double]], weights: ReferenceWeights
  ) -> (q: [[Double]], k: [[Double]]) {
    let channels = head * rank..<(head + 1) * rank
    if let tables {
      func rows(_ table: Parameter) -> [[Double]] {
        let values = weights(table)
        return own.indices.map { t in channels.map { values[t * width + $0] } }
      }
      return (rows(tables.q), rows(tables.k))
    }
    return (
      own.map { Array($0[channels]) }, own.map { row in channels.map { row[width + $0] } }
    )
  }

  /// The tables' rows with their gradients.
  func trainingFloats(length: Int) -> Double {
    tables == nil ? 0 : 4 * Double(length) * Double(width)
  }
}

extension LayerContext {
  /// L_max of mixers that have tables by position, or scale by it; at least 1.
  var longest: Int { max(1, maximumLength) }
}
