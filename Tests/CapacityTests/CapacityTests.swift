import Capacity
import Foundation
import Models
import RecallTasks
import Support
import Testing

func model(_ kind: String, _ values: [String: SettingValue] = [:]) throws
  -> ModelConfiguration
{
  try ModelConfiguration(
    ["kind": .string(kind), "d_model": 64, "n_layers": 2, "vocab_size": 64].merging(values) { $1 })
}

/// A small model of each mixer.
let everyKind: [(kind: String, keys: [String: SettingValue])] =
  [("attention", [:]), ("mamba", [:]), ("ssd", [:])]
  + [
    ("sliding_window", ["window_size": 5]), ("linear_attention", ["feature_dim": 4]),
    ("retnet", ["num_heads": 2]), ("gla", [:]), ("deltanet", [:]), ("gated_deltanet", [:]),
    ("kda", [:]), ("base_conv", ["kernel_size": [3, -1]]), ("rwkv7", ["head_dim": 16]),
    ("hyena", [:]), ("h3", [:]),
  ]

@Suite struct CapacityTests {
  static let shapes: [(Int, Int, Int, Int)] = [8, 16, 24].flatMap { d in
    [1, 3].flatMap { layers in [1, 2].flatMap { expand in [1, 5].map { (d, layers, expand, $0) } } }
  }

  /// Counts that the papers' recurrences imply, over many shapes.
  @Test(arguments: shapes)
  func stateOfManyShapes(d: Int, layers: Int, expand: Int, states: Int) throws {
    let shared: [String: SettingValue] = ["d_model": .int(d), "n_layers": .int(layers)]
    let recurrent = shared.merging(["expand": .int(expand), "d_state": .int(states)]) { $1 }
    let inner = d * expand
    let attention = try StateMeasurement(model("attention", shared), longest: 1000)
    #expect(attention.after(tokens: 1000)[.keyValueCache] == 2 * d * 1000 * layers)
    #expect(attention.after(tokens: 1000).scalars == 2 * d * 1000 * layers)
    let mamba = try StateMeasurement(model("mamba", recurrent), longest: 1000).after(tokens: 1000)
    #expect(mamba[.recurrence] == inner * states * layers)
    #expect(mamba[.convolution] == 3 * inner * layers)
    for groups in [1, 2] {
      let settings = recurrent.merging(["headdim": 4, "ngroups": .int(groups)]) { $1 }
      let ssd = try StateMeasurement(model("ssd", settings), longest: 1000).after(tokens: 1000)
      #expect(ssd[.recurrence] == inner * states * layers)
      #expect(ssd[.convolution] == 3 * (inner + 2 * groups * states) * layers)
      #expect(ssd[.keyValueCache] == 0)
    }
  }

  /// The state of a whole model is that of one layer times the number of layers.
  @Test(arguments: everyKind)
  func allLayersCarryTheSame(_ test: (kind: String, keys: [String: SettingValue])) throws {
    let shape: [String: SettingValue] = ["d_model": 32, "n_layers": 3, "max_length": 9]
    let configuration = try model(test.kind, shape.merging(test.keys) { $1 })
    let whole = LanguageModel(configuration)
    var state = try whole.initialState()
    let weights = ReferenceWeights(whole.initialValues(seed: 1))
    for token in 0..<9 { _ = try whole.step(token, state: &state, weights: weights) }
    #expect(
      try StateMeasurement(configuration, longest: 9).after(tokens: 9).scalars == state.scalars)
  }

  /// One more token costs as much in the parallel form of Mamba and attention as one `step`.
  @Test(arguments: ["attention", "mamba"])
  func decodingCostsATokenOfTheParallelForm(kind: String) throws {
    var configuration = try model(kind)
    configuration.shape.maximumLength = 32
    let whole = LanguageModel(configuration)
    let oneMore =
      (whole.trainingMultiplyAdds(length: 20, labelled: OutputPositions(length: 20))
        - whole.trainingMultiplyAdds(length: 19, labelled: OutputPositions(length: 19))) / 3
    let cost = try ModelCost(configuration, length: 20, labelled: 1)
    #expect(cost.decodeMultiplyAdds == Double(oneMore))
  }

  /// Records and JSON keep the older spelling, and users may still write it.
  @Test func conventionsHaveTwoNames() throws {
    for (name, stored) in [
      ("model_channels", "note"), ("inner_channels", "inner"), ("exact", "exact"),
      ("zoology", "zoology"),
    ] {
      let convention = try #require(CapacityConvention(name: name))
      #expect(convention.rawValue == name && convention == CapacityConvention(name: stored))
      #expect(try SettingValue(encoding: ["by": convention]) == .object(["by": .string(stored)]))
    }
    #expect(MatchQuantity(name: "note")?.convention == .modelChannels)
    #expect(MatchQuantity(name: "model_channels")?.recordName == "note")
    #expect(MatchQuantity(name: "notes") == nil)
  }

  @Test func printedCapacities() throws {
    let lines = [
      ("attention", "", "2", "1"), ("mamba", "16", "2", "1/32"), ("ssd", "64", "4", "1/8"),
      ("ssd", "128", "8", "1/2"), ("ssd", "256", "4", "1"),
    ].map {
      [
        "model": $0.0, "d_model": "64", "d_state": $0.1, "n_layers": $0.2,
        "capacity_vs_attention": $0.3,
      ]
    }
    let table = try PublishedCapacityTable(lines: lines)
    #expect(table.rows[0].explainedBy == [.modelChannels, .innerChannels, .exact, .zoology])
    #expect(table.rows[1].explainedBy == [.innerChannels])
    #expect(table.rows[1].relative[.modelChannels] == 1.0 / 64)
    // Keys and values both count in zoology's cache, so it gives half of inner_channels. With expand 2 that is
    // model_channels.
    #expect(table.rows[2].explainedBy == [.modelChannels, .zoology])
    #expect(table.rows[3].explainedBy == [.modelChannels, .zoology])
    #expect(table.rows[4].explainedBy == [.innerChannels])
    #expect(table.rows[4].relative[.modelChannels] == 0.5)
    #expect(table.explainAllRows.isEmpty)
  }
}
