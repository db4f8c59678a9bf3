import Autodiff
import Models
import Support
import Testing

/// The matrices that are shown are those that the mixer applies: its output is made of M v, by what the papers put after it.
@Suite struct MatrixTimesValuesTests {
  /// A mixer's values, and its output from M v, written out.
  struct Formula: Sendable, CustomTestStringConvertible {
    let kind: String
    var keys: [String: SettingValue] = [:]
    /// v [length][channels]
    let values: @Sendable (MatrixTrial) throws -> [[Double]]
    /// y [d_model] of token t
    let output: @Sendable (MatrixTrial, _ mixed: [[Double]], _ t: Int) throws -> [Double]

    var testDescription: String { "\(kind) \(keys)" }
  }

  @Test(arguments: formulas)
  func outputIsMadeOfTheMatrixTimesTheValues(_ formula: Formula) throws {
    let trial = try MatrixTrial(formula.kind, formula.keys)
    let (m, values) = (trial.matrices, try formula.values(trial))
    let length = m.length
    // A pair (e, f) of `h3` takes channel f of the head of e; the results of the pairs of one f are added.
    let pairs = m.unit == .pair
    let channels = values[0].count
    let perHead = pairs ? m.count / channels : 1
    #expect(m.count * m.width == channels * perHead)
    var mixed = [[Double]](
      repeating: .init(repeating: 0, count: channels), count: length)
    for index in 0..<m.count {
      let matrix = m[index]
      for column in 0..<m.width {
        let channel =
          pairs
          ? index / perHead / perHead * perHead + index % perHead : index * m.width + column
        for t in 0..<length {
          mixed[t][channel] += (0..<length).reduce(0) {
            $0 + matrix[t * length + $1] * values[$1][channel]
          }
        }
      }
    }
    let recurrence = try trial.model.recurrences[0]
    var state = recurrence.initialState()
    for t in 0..<length {
      let expected = try formula.output(trial, mixed, t)
      let actual = recurrence.step(trial.inputs[t], state: &state, weights: trial.weights)
      #expect(actual.contains { abs($0) > 1e-3 } && expected.count == actual.count)
      #expect(
        zip(actual, expected).allSatisfy { abs($0 - $1) < 1e-11 * max(1, abs($0)) }, "token \(t)")
    }
  }

  static let formulas: [Formula] =
    ["attention", "sliding_window"].map { kind in
      Formula(
        kind: kind,
        keys: ["num_heads": 3, "block": "pre_norm"].merging(
          kind == "attention" ? [:] : ["window_size": 6]
        ) { $1 }
      ) { trial in
        try trial.linear("Wqkv", bias: true).map { Array($0[24...]) }
      } output: { trial, mixed, t in
        try trial.linear(mixed[t], "out_proj", bias: true)
      }
    }
    + [
      ["feature_dim": 2, "num_heads": 3], ["feature_dim": 4, "feature_name": "pos_elu"],
      ["feature_dim": 4, "feature_name": "identity"],
    ].map { keys in
      Formula(kind: "linear_attention", keys: keys) { trial in
        try trial.linear("proj_v")
      } output: { trial, mixed, t in
        try trial.linear(mixed[t], "proj_o")
      }
    }
    + [("retnet", ["num_heads": 3]), ("gla", ["num_heads": 2])].map { kind, keys in
      Formula(kind: kind, keys: keys) { trial in
        try trial.linear("v_proj")
      } output: { trial, mixed, t in
        let normed = TokenStep.rmsNormGate(
          mixed[t], gate: try trial.linear(trial.inputs[t], "g_proj"),
          weight: try trial["g_norm_swish_gate.weight"])
        return try trial.linear(normed, "o_proj")
      }
    }
    + [
      ("deltanet", ["num_heads": 3]), ("gated_deltanet", ["num_heads": 3, "head_dim": 3]),
      ("kda", ["num_heads": 3, "head_dim": 3]),
    ].map { (kind: String, keys: [String: SettingValue]) in
      Formula(kind: kind, keys: keys) { trial in
        try trial.convolved(trial.linear("v_proj"), "v_conv1d.weight", silu: true)
      } output: { trial, mixed, t in
        let x = trial.inputs[t]
        let gate: [Double]? =
          switch kind {
          case "deltanet": nil
          case "kda": try trial.linear(trial.linear(x, "g_proj.0"), "g_proj.1", bias: true)
          default: try trial.linear(x, "g_proj")
          }
        let normed = TokenStep.rmsNormGate(
          mixed[t], gate: gate, kind == "kda" ? .sigmoid : .silu,
          weight: try trial["o_norm.weight"])
        return try trial.linear(normed, "o_proj")
      }
    }
    + [
      Formula(
        kind: "rwkv7",
        keys: [
          "head_dim": 4, "decay_low_rank_dim": 3, "a_low_rank_dim": 3, "v_low_rank_dim": 2,
          "gate_low_rank_dim": 5,
        ]
      ) { trial in
        try trial.inputs.indices.map { try trial.linear(trial.shifted($0, "v"), "v_proj") }
      } output: { trial, mixed, t in
        let normed = TokenStep.groupNorm(
          mixed[t], groups: 3, weight: try trial["g_norm.weight"],
          bias: try trial["g_norm.bias"], epsilon: 4e-5)
        let k = try trial.linear(trial.shifted(t, "k"), "k_proj")
        let low = try trial.linear(trial.shifted(t, "a"), "a_lora.lora.0")
        let a = try trial.linear(low, "a_lora.lora.2", bias: true).map(TokenStep.sigmoid)
        let amount = try trial["k_a"]
        let gate = try trial.linear(trial.shifted(t, "g"), "g_lora.lora.0")
        let y = TokenStep.bonusGate(
          normed, r: try trial.linear(trial.shifted(t, "r"), "r_proj"),
          k: k.indices.map { k[$0] * (1 + (a[$0] - 1) * amount[$0]) },
          v: try trial.linear(trial.shifted(t, "v"), "v_proj"),
          gate: try trial.linear(gate.map(TokenStep.sigmoid), "g_lora.lora.2"),
          weight: try trial["r_k"], heads: 3)
        return try trial.linear(y, "o_proj")
      },
      // Inner channels 24: z, then x with B and C of 3 groups, then dt.
      Formula(kind: "ssd", keys: ["d_state": 5, "headdim": 8, "ngroups": 3]) { trial in
        try trial.convolved(
          trial.linear("in_proj").map { Array($0[24..<24 + 24 + 30]) }, "conv1d.weight",
          "conv1d.bias", silu: true
        ).map { Array($0[..<24]) }
      } output: { trial, mixed, t in
        let z = try trial.linear(trial.inputs[t], "in_proj")[..<24]
        let normed = TokenStep.gatedRMSNorm(
          mixed[t], gate: Array(z), weight: try trial["norm.weight"], groups: 3)
        return try trial.linear(normed, "out_proj")
      },
      Formula(kind: "mamba", keys: ["d_state": 3]) { trial in
        try trial.convolved(
          trial.linear("in_proj").map { Array($0[..<24]) }, "conv1d.weight", "conv1d.bias",
          silu: true)
      } output: { trial, mixed, t in
        let z = try trial.linear(trial.inputs[t], "in_proj")[24...]
        return try trial.linear(zip(mixed[t], z).map { $0 * TokenStep.silu($1) }, "out_proj")
      },
      Formula(kind: "hyena", keys: ["filter_order": 5]) { trial in
        try trial.convolved(
          trial.linear("in_proj", bias: true), "short_filter.weight", "short_filter.bias",
          silu: false
        ).map { Array($0[24...]) }
      } output: { trial, mixed, t in
        try trial.linear(mixed[t], "out_proj", bias: true)
      },
      Formula(kind: "h3", keys: ["d_state": 4, "head_dim": 2]) { trial in
        try trial.linear("v_proj", bias: true)
      } output: { trial, mixed, t in
        // Entry f of head h is channel 6 f + h of the output projection.
        try trial.linear(
          (0..<12).map { mixed[t][$0 % 6 * 2 + $0 / 6] }, "output_linear", bias: true)
      },
      Formula(kind: "base_conv", keys: ["kernel_size": 4]) { trial in
        trial.inputs
      } output: { trial, mixed, t in
        // The convolution's bias is gated, too.
        let x = trial.inputs[t]
        let gate = try trial.linear(x, "projection", bias: true)
        let bias = try trial["conv.conv.bias"]
        return x.indices.map { mixed[t][$0] + gate[$0] * bias[$0] + x[$0] }
      },
      Formula(kind: "base_conv", keys: ["kernel_size": -1]) { trial in
        trial.inputs
      } output: { trial, mixed, t in
        zip(mixed[t], trial.inputs[t]).map(+)
      },
    ]
}
