import Capacity
import Models
import Support
import Testing

/// Parameters and multiply-adds, counted from the code, beside what the papers' equations imply.
@Suite struct ModelCostTests {
  private static let length = 40

  private struct Shape: CustomTestStringConvertible {
    let d, layers, states, expand, groups: Int

    var testDescription: String {
      "d \(d), \(layers) layers, N \(states), expand \(expand), \(groups) groups"
    }
  }

  private static let shapes = [8, 16, 40].flatMap { d in
    [1, 3].flatMap { layers in
      [1, 7].flatMap { states in
        [(1, 1), (2, 1), (2, 2)].map {
          Shape(d: d, layers: layers, states: states, expand: $0.0, groups: $0.1)
        }
      }
    }
  }

  private func cost(_ kind: String, _ shape: Shape, _ own: [String: SettingValue]) throws
    -> ModelCost
  {
    let shared: [String: SettingValue] = ["d_model": .int(shape.d), "n_layers": .int(shape.layers)]
    return try ModelCost(
      model(kind, shared.merging(own) { $1 }), length: Self.length, labelled: 3)
  }

  /// The head's products, the projections' and convolutions' weights once, three for each state scalar.
  @Test(arguments: shapes)
  private func decodingAndParameters(_ s: Shape) throws {
    let (embedding, inner) = (64 * s.d, s.expand * s.d)
    // Token embedding and final norm.
    let around = embedding + 2 * s.d

    let attention = try cost("attention", s, [:])
    #expect(
      attention.decodeMultiplyAdds
        == Double(embedding + s.layers * (4 * s.d * s.d + 2 * s.d * Self.length)))
    // q, k, v and output with biases, two norms; positions.
    let block = 4 * s.d * s.d + 4 * s.d + 4 * s.d
    #expect(attention.parameters == around + Self.length * s.d + s.layers * block)

    let rank = (s.d + 15) / 16
    let mamba = try cost(
      "mamba", s, ["d_state": .int(s.states), "expand": .int(s.expand)])
    let mambaWeights =
      s.d * 2 * inner + 4 * inner + inner * (rank + 2 * s.states) + rank * inner + inner * s.d
    #expect(
      mamba.decodeMultiplyAdds
        == Double(embedding + s.layers * (mambaWeights + 3 * inner * s.states)))
    // Biases of convolution and dt, A, D; the block's norm.
    let mambaRest = 2 * inner + inner * s.states + inner + s.d
    #expect(mamba.parameters == around + s.layers * (mambaWeights + mambaRest))

    let heads = inner / 4
    let ssd = try cost(
      "ssd", s,
      [
        "d_state": .int(s.states), "expand": .int(s.expand), "ngroups": .int(s.groups),
        "headdim": 4,
      ])
    let convolved = inner + 2 * s.groups * s.states
    let ssdWeights = s.d * (inner + convolved + heads) + 4 * convolved + inner * s.d
    #expect(
      ssd.decodeMultiplyAdds == Double(embedding + s.layers * (ssdWeights + 3 * inner * s.states)))
    // The convolution's bias; dt's bias, A and D of each head; the gated norm and the block's.
    let ssdRest = convolved + 3 * heads + inner + s.d
    #expect(ssd.parameters == around + s.layers * (ssdWeights + ssdRest))
  }

  /// Training is three times the forward pass. The head and the last layer's outputs count at labels only: five of
  /// them, at 0, 10, …, 40, which see 1 + 11 + … + 41 tokens.
  @Test(arguments: [
    ("attention", 5 * 2 * 64 * 64 + 105 * 2 * 64), ("mamba", 5 * 128 * 64),
    ("ssd", 5 * 2 * 128 * 64),
  ])
  func labelsCostTheHeadAndTheLastOutputs(kind: String, outputs: Int) throws {
    let configuration = try model(kind)
    let costs = try [0, 5].map { try ModelCost(configuration, length: 50, labelled: $0) }
    let expected = Double(3 * (5 * 64 * 64 + outputs)) / 50
    #expect(abs(costs[1].trainMultiplyAdds - costs[0].trainMultiplyAdds - expected) < 1e-9)
    #expect(costs[0].decodeMultiplyAdds == costs[1].decodeMultiplyAdds)
  }
}
