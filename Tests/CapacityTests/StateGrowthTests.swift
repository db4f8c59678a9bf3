import Autodiff
import Capacity
import Models
import Support
import Testing

/// A mixer whose state is the first inputs, the last inputs of a window, and a token count. So its state grows, then
/// stops growing. Only its recurrence is used.
private struct Window: MixerSettings {
  static let kind = "test_window"
  static let name = "test window"
  static let modelDefaults = ModelDefaults.zoology
  static let stateKey: String? = "window_size"

  /// W: tokens that an output sees, its own included.
  var windowSize = 8
  var sinks = 0

  static let keys: [SettingKey<Window>] = [
    // As sliding_window declares it: a key has one meaning in all mixers that are registered.
    .integer(
      "window_size", \.windowSize, 1...ModelShape.largestDimension,
      "tokens that a query sees, its own included; zoology's block_size is one less"),
    .integer("sinks", \.sinks, 0...1 << 20, "first tokens that are kept for good"),
  ]

  func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    WindowMixer(
      settings: self,
      weight: layout.add(
        context.prefix + "weight", [context.modelDimension, context.modelDimension],
        .uniform(bound: 1)))
  }
}

private struct WindowMixer: RecurrentMixer {
  static let recent = StatePart("recent", title: "recent inputs", role: .recentInputs)
  static let position = StatePart("position", title: "position", role: .recurrence)

  let settings: Window
  let weight: Parameter

  func callAsFunction(_ x: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor {
    tape.linear(rows.map { tape.gather($0, of: x) } ?? x, weight: weight)
  }

  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int { outputs.count * weight.count }
  func trainingFloats(length: Int, outputs: Int) -> Double { Double(outputs * weight.shape[0]) }
  func stepMultiplyAdds(leaving sizes: [StatePart: Int]) -> Int { weight.count }

  var initialSizes: KeyValuePairs<StatePart, Int> { [WindowMixer.recent: 0, Self.position: 1] }

  func step(_ x: [Double], state: inout MixerState, weights: ReferenceWeights) -> [Double] {
    let d = x.count
    state[Self.recent] += x
    let kept = settings.sinks * d
    // The window of the next token is one longer.
    if state[Self.recent].count > kept + (settings.windowSize - 1) * d {
      state[Self.recent].removeSubrange(kept..<(kept + d))
    }
    state[Self.position][0] += 1
    return weights.linear(x, weight)
  }
}

/// A mixer that has no recurrence.
private struct Averaging: MixerSettings {
  static let kind = "test_averaging"
  static let name = "test averaging"
  static let modelDefaults = ModelDefaults.zoology
  static let keys: [SettingKey<Averaging>] = []

  func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    AveragingMixer(
      weight: layout.add(
        context.prefix + "weight", [context.modelDimension, context.modelDimension],
        .uniform(bound: 1)))
  }
}

private struct AveragingMixer: SequenceMixer {
  let weight: Parameter

  func callAsFunction(_ x: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor {
    tape.linear(rows.map { tape.gather($0, of: x) } ?? x, weight: weight)
  }

  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int { outputs.count * weight.count }
  func trainingFloats(length: Int, outputs: Int) -> Double { Double(outputs * weight.shape[0]) }
}

@Suite struct StateGrowthTests {
  init() {
    MixerCatalog.register(Window.self)
    MixerCatalog.register(Averaging.self)
  }

  /// Inputs of W − 1 tokens at most, and a position.
  @Test(arguments: [1, 2, 5, 6, 7, 8, 9, 100, 999, 1000, 1001, 5000])
  func aWindowStopsGrowing(size: Int) throws {
    let configuration = try model("test_window", ["d_model": 4, "window_size": .int(size)])
    let measured = try StateMeasurement(configuration, longest: 1000)
    for tokens in [0, 1, 2, 5, 6, 7, 8, 9, 99, 100, 500, 998, 999, 1000] {
      let expected = 2 * (4 * min(tokens, size - 1) + 1)
      #expect(measured.after(tokens: tokens).scalars == expected, "\(tokens)")
    }
    #expect(measured.growth(after: 500) == (size > 501 ? 8 : 0))
  }

  /// 512 K tokens would be 67 million scalars if the window grew on.
  @Test func aShortWindowOfAWideModelStopsGrowing() throws {
    let configuration = try model("test_window", ["d_model": 64, "window_size": 32])
    let measured = try StateMeasurement(configuration, longest: 1 << 19)
    #expect(measured.after(tokens: 1 << 19).scalars == 2 * (64 * 31 + 1))
  }

  @Test func partsHaveNamesOfTheirOwn() throws {
    let count = try StateMeasurement(model("test_window", ["d_model": 4]), longest: 9)
      .after(tokens: 9)
    #expect(
      count.parts.map(\.key) == ["kv_cache", "ssm", "convolution", "position", "recent"])
    #expect(count[WindowMixer.recent] == 2 * 4 * 7 && count[WindowMixer.position] == 2)
  }

  /// Layers that differ are measured separately, each with its own settings.
  @Test func layersOfAHybridDiffer() throws {
    let mixers: SettingValue = [
      ["kind": "ssd", "d_state": 3, "headdim": 8, "expand": 3], ["kind": "attention"],
      ["kind": "test_window", "window_size": 4],
    ]
    let hybrid = try model("hybrid", ["d_model": 8, "n_layers": 4, "mixers": mixers])
    let count = try StateMeasurement(hybrid, longest: 50).after(tokens: 50)
    let (ssd, inputs, cache, recent) = (24 * 3, 3 * (24 + 2 * 3), 2 * 8 * 50, 8 * 3)
    #expect(
      count.layers.map { $0.values.reduce(0, +) } == [
        ssd + inputs, cache, recent + 1, ssd + inputs,
      ])
    func scalars(_ convention: CapacityConvention) throws -> Double {
      try convention.scalars(of: count, hybrid)
    }
    #expect(try scalars(.exact) == Double(2 * (ssd + inputs) + cache + recent + 1))
    #expect(try scalars(.innerChannels) == Double(2 * ssd + cache / 2 + 1))
    #expect(try scalars(.modelChannels) == Double(2 * ssd / 3 + cache / 2 + 1))
    #expect(try scalars(.zoology) == Double(2 * 2 * 8 * 3 + cache + 1))
  }

  /// The measured size is that of the whole model's state.
  @Test func measuredIsWhatTheModelCarries() throws {
    let mixers: [SettingValue] = ["mamba", "attention", "test_window", "ssd"].map {
      .object(["kind": .string($0)])
    }
    let hybrid = try model(
      "hybrid", ["d_model": 32, "n_layers": 5, "max_length": 20, "mixers": .array(mixers)])
    let whole = LanguageModel(hybrid)
    var state = try whole.initialState()
    let weights = ReferenceWeights(whole.initialValues(seed: 1))
    let measured = try StateMeasurement(hybrid, longest: 20)
    for token in 0..<20 {
      #expect(state.layers.map(\.sizes) == measured.after(tokens: token).layers)
      _ = try whole.step(token, state: &state, weights: weights)
    }
    #expect(state.layers.map(\.sizes) == measured.after(tokens: 20).layers)
  }

  /// A window is matched by its own setting.
  @Test func windowsAreMatched() throws {
    let reference = try ModelConfiguration.referenceAttention(modelDimension: 16, length: 64)
    let match = try CapacityMatch(
      .free(in: model("test_window", ["d_model": 16])), of: model("test_window", ["d_model": 16]),
      ratio: 0.25, by: .exact, to: reference, length: 64)
    // 2 (16 (W − 1) + 1) of 4096 scalars.
    #expect(match.parameter.rawValue == "window_size" && match.value == 33)
  }

  /// A model without a recurrence has parameters and a training cost, and says that it has no state.
  @Test func withoutARecurrence() throws {
    let configuration = try model("test_averaging", ["d_model": 16, "max_length": 8])
    #expect(try configuration.stateScalars(after: 8) == nil)
    let cost = try ModelCost(configuration, length: 8, labelled: 1)
    #expect(cost.decodeMultiplyAdds == nil && cost.parameters > 0 && cost.trainMultiplyAdds > 0)
    #expect(try ActivationMemory.bytes(configuration, length: 8, labelled: 1)! > 0)
    for count in [
      { _ = try StateMeasurement(configuration, longest: 8) },
      { _ = try LanguageModel(configuration).initialState() },
      {
        _ = try CapacityConvention.exact.ratio(
          of: configuration, to: .referenceAttention(modelDimension: 16, length: 8), length: 8)
      },
    ] {
      let error = #expect(throws: SettingsError.self) { try count() }
      #expect(error?.description.contains("test_averaging has no recurrence") == true)
    }
    let match = try CapacityMatch(
      .modelDimension, of: configuration, ratio: 1, by: .parameters, to: configuration, length: 8)
    #expect(match.value == 16)
    let error = #expect(throws: SettingsError.self) {
      try CapacityMatch(
        .modelDimension, of: configuration, ratio: 1, by: .decodeCost, to: configuration,
        length: 8)
    }
    #expect(error?.description.contains("has no recurrence") == true)
  }
}
