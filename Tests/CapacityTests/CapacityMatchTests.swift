import Capacity
import Models
import Support
import Testing

@Suite struct CapacityMatchTests {
  private static let length = 64
  private let reference: ModelConfiguration

  init() throws {
    reference = try .referenceAttention(
      modelDimension: 64, vocabulary: 64, length: Self.length)
  }

  private static let bases: [(kind: String, settings: [String: SettingValue])] = [
    ("ssd", ["headdim": 8]), ("ssd", ["headdim": 16, "ngroups": 2, "n_layers": 3]),
    ("mamba", [:]), ("mamba", ["expand": 1, "n_layers": 4]), ("attention", ["num_heads": 4]),
  ]

  /// Every quantity, every setting, every mixer, several values: solving for a model's own ratio gives back
  /// the value, also on the real line.
  @Test(arguments: MatchQuantity.allCases, MatchParameter.allCases)
  func inverseUndoesForward(quantity: MatchQuantity, parameter: MatchParameter) throws {
    let measure = try MatchMeasure(quantity, to: reference, length: Self.length)
    for (kind, settings) in Self.bases {
      let base = try model(kind, settings)
      guard base.values[parameter.rawValue] != nil else { continue }
      for value in parameter == .layers ? [1, 3, 7] : [16, 48, 128] {
        let target = try ModelConfiguration(
          base.values.merging([parameter.rawValue: .int(value)]) { $1 })
        let match = try CapacityMatch(
          parameter, of: base, ratio: measure(target), by: quantity, to: reference,
          length: Self.length)
        #expect(match.value == Double(value), "\(kind) \(settings)")
        #expect(abs(match.solution - Double(value)) < 1e-6, "\(kind) \(settings)")
        #expect(match.obtained == match.requested)
      }
    }
  }

  /// What sizes each mixer's state alone: whole numbers, widths of heads as ratios, divisors.
  @Test(
    arguments: [
      ("sliding_window", ["num_heads": 2], "window_size", [2, 9, 40]),
      ("linear_attention", [:], "feature_dim", [2, 9, 33]),
      ("retnet", ["num_heads": 2], "expand_v", [0.25, 1, 3.5]),
      ("gla", [:], "expand_v", [0.25, 1, 3.5]), ("deltanet", [:], "expand_v", [0.25, 1, 3.5]),
      ("gated_deltanet", ["expand_v": 0.5], "head_dim", [2, 18, 40]),
      ("kda", [:], "head_dim", [2, 17, 40]), ("rwkv7", [:], "head_dim", [1, 8, 64]),
      ("h3", [:], "d_state", [2, 8, 34]),
    ] as [(String, [String: SettingValue], String, [Double])])
  func solvesForTheKnobOfEachMixer(
    kind: String, settings: [String: SettingValue], knob: String, values: [Double]
  ) throws {
    for quantity in [MatchQuantity.exact, .decodeCost] {
      let measure = try MatchMeasure(quantity, to: reference, length: Self.length)
      for value in values {
        let base = try model(kind, settings)
        #expect(try MatchParameter.free(in: base).rawValue == knob)
        let target = try base.setting(knob, to: .double(value))
        let match = try CapacityMatch(
          MatchParameter(rawValue: knob), of: base, ratio: measure(target), by: quantity,
          to: reference, length: Self.length)
        #expect(match.value == value && match.obtained == match.requested)
        #expect(abs(match.solution - value) < 1e-6)
      }
    }
  }

  /// Between allowed values the solution is where the quantity's polynomial has the ratio.
  @Test func solutionsBetweenAllowedValues() throws {
    // Attention's cache is 2 L d n: a ratio of 0.3 is d = 19.2, with 4 heads 20 the nearest.
    let state = try CapacityMatch(
      .modelDimension, of: model("attention", ["num_heads": 4]), ratio: 0.3, by: .exact,
      to: reference, length: Self.length)
    #expect(abs(state.solution - 19.2) < 1e-9)
    #expect(state.value == 20 && state.obtained == 20.0 / 64)
    // Its parameters: (V + L + 2) d + n (4 d² + 8 d), a parabola.
    func parameters(_ d: Double) -> Double { (64 + 64 + 2) * d + 2 * (4 * d * d + 8 * d) }
    let cost = try CapacityMatch(
      .modelDimension, of: model("attention", ["num_heads": 16]), ratio: 0.5, by: .parameters,
      to: reference, length: Self.length)
    #expect(abs(parameters(cost.solution) / parameters(64) - 0.5) < 1e-9)
    #expect(Int(cost.value) % 16 == 0)
    #expect(abs(cost.obtained - parameters(Double(cost.value)) / parameters(64)) < 1e-12)
  }

  /// More of a setting is more of everything.
  @Test(arguments: MatchQuantity.allCases, MatchParameter.allCases)
  func quantitiesRise(quantity: MatchQuantity, parameter: MatchParameter) throws {
    let measure = try MatchMeasure(quantity, to: reference, length: Self.length)
    for (kind, settings) in Self.bases {
      let base = try model(kind, settings).values
      guard base[parameter.rawValue] != nil else { continue }
      let ratios = try [16, 32, 48, 64, 96].map {
        try measure(ModelConfiguration(base.merging([parameter.rawValue: .int($0)]) { $1 }))
      }
      #expect(zip(ratios, ratios.dropFirst()).allSatisfy { $0 < $1 }, "\(kind) \(settings)")
    }
  }

  /// The reference may be any model.
  @Test func matchesOneStateSpaceModelToAnother() throws {
    let other = try model("ssd", ["d_state": 40])
    let match = try CapacityMatch(
      .stateDimension, of: model("mamba"), ratio: 1, by: .innerChannels, to: other,
      length: Self.length)
    #expect(match.value == 40 && match.obtained == 1)
  }

  @Test func badRatiosAreNamed() throws {
    for ratio in [0, -1, .infinity, .nan, 1e-4, 1e9] {
      let error = #expect(throws: SettingsError.self) {
        try CapacityMatch(
          .stateDimension, of: model("ssd"), ratio: ratio, by: .exact, to: reference,
          length: Self.length)
      }
      #expect(error?.key == "ratio")
    }
    let error = #expect(throws: SettingsError.self) {
      try CapacityMatch(
        .stateDimension, of: model("attention"), ratio: 1, by: .exact, to: reference,
        length: Self.length)
    }
    #expect(error?.key == "solve")
    #expect(error?.allowed.contains("n_layers, d_model") == true)
  }
}
