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

  /// Where every token sees all, the whole square of scores counts: each of 5 outputs sees 50 tokens. BERT's hidden
  /// layer before the head counts for outputs, too.
  @Test func attentionToAllTokensCountsTheWholeSquare() throws {
    let layer = 50 * 4 * 64 * 64 + 50 * 50 * 2 * 64
    let last = 55 * 2 * 64 * 64 + 5 * 50 * 2 * 64
    let full = try ModelCost(model("attention", ["causal": false]), length: 50, labelled: 5)
    #expect(full.trainMultiplyAdds == Double(3 * (layer + last + 5 * 64 * 64)) / 50)
    #expect(full.decodeMultiplyAdds == nil)
    let causal = try ModelCost(model("attention"), length: 50, labelled: 5)
    // All pairs instead of those with the earlier tokens, 50 · 51 / 2 in the first layer and 105 in the last.
    let pairs = Double(3 * 2 * 64 * (50 * 50 - 50 * 51 / 2 + 5 * 50 - 105)) / 50
    #expect(abs(full.trainMultiplyAdds - causal.trainMultiplyAdds - pairs) < 1e-6)
    #expect(full.parameters == causal.parameters)

    let plain = try ModelCost(model("bert", ["d_ff": 32]), length: 50, labelled: 5)
    let mlp = 2 * 64 * 32
    #expect(
      plain.trainMultiplyAdds == Double(3 * (layer + last + 55 * mlp + 5 * 64 * 64)) / 50)
    let head = try ModelCost(
      model("bert", ["d_ff": 32, "mlm_head": true]), length: 50, labelled: 5)
    let hidden = Double(3 * 5 * 64 * 64) / 50
    #expect(abs(head.trainMultiplyAdds - plain.trainMultiplyAdds - hidden) < 1e-6)
    // Its weight and bias, a norm, and a bias for each token.
    #expect(head.parameters - plain.parameters == 64 * 64 + 64 + 2 * 64 + 64)
  }

  /// The published sizes of a layer at d 64, with its norms: BERT with 256 hidden channels, M2 with filters of order 64 over
  /// 256 tokens in the common block.
  @Test(
    arguments: [
      ("bert", [:], 49_984), ("m2", ["block": "common", "filter_order": 64], 71_488),
      ("attention", ["causal": false], 16_896),
    ] as [(String, [String: SettingValue], Int)])
  func parametersOfALayer(kind: String, keys: [String: SettingValue], parameters: Int) throws {
    let counts = try [1, 2].map { layers in
      try ModelCost(
        model(kind, keys.merging(["n_layers": .int(layers), "max_length": 256]) { $1 }),
        length: 256,
        labelled: 1
      ).parameters
    }
    #expect(counts[1] - counts[0] == parameters)
  }

  /// M2: projections and the short convolution, five linear layers of each network, four networks of two filters; a
  /// transform of 64 points (6 levels) of each channel there and back, four products a point, and one transform of each of
  /// two kernels.
  @Test func arithmeticOfM2() throws {
    let d = 16
    let keys: [String: SettingValue] = [
      "d_model": 16, "n_layers": 1, "block": "common", "filter_order": 8, "emb_dim": 5,
    ]
    let network = 5 * 8 + 2 * 8 * 8 + 8 * d
    let transform = 5 * 64 * 6 / 2
    let convolution = d * (2 * transform + 4 * 64) + 2 * d * transform
    for filters in [1, 2] {
      let cost = try ModelCost(
        model("m2", keys.merging(["residual_long_conv": .bool(filters == 2)]) { $1 }), length: 40,
        labelled: 5)
      let token = 3 * d * d + 3 * 3 * d + filters * 2 * network
      let forward = 40 * token + filters * convolution + 5 * (d * d + 64 * d)
      #expect(cost.trainMultiplyAdds == Double(3 * forward) / 40)
    }
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
