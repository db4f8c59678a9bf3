import Autodiff
import Models
import Support

/// Scalars carried from token to token, by part.
public struct StateCount: Hashable, Sendable {
  public var keyValueCache: Int
  public var stateSpace: Int
  public var convolution: Int

  public var scalars: Int { keyValueCache + stateSpace + convolution }

  init(_ state: LanguageModel.State) {
    keyValueCache = state.layers.reduce(0) { $0 + $1.keyValueCache.count }
    stateSpace = state.layers.reduce(0) { $0 + $1.stateSpace.count }
    convolution = state.layers.reduce(0) { $0 + $1.convolution.count }
  }

  init(keyValueCache: Int, stateSpace: Int, convolution: Int) {
    self.keyValueCache = keyValueCache
    self.stateSpace = stateSpace
    self.convolution = convolution
  }

  func combined(_ other: StateCount, _ operation: (Int, Int) -> Int) -> StateCount {
    StateCount(
      keyValueCache: operation(keyValueCache, other.keyValueCache),
      stateSpace: operation(stateSpace, other.stateSpace),
      convolution: operation(convolution, other.convolution))
  }
}

/// What a model carries after t tokens, in every layer together: start + t · perToken.
///
/// Both are measured: `step` is run for a few tokens, and growth that is not linear traps. The layers of
/// a model are alike, so one is run; neither vocabulary nor weights change what is carried.
public struct StateMeasurement: Hashable, Sendable {
  public let start: StateCount
  public let perToken: StateCount

  /// Throws `SettingsError` for a model too large to be run.
  public init(_ configuration: ModelConfiguration) throws {
    let measured = 6
    try CountableSize.check(configuration, length: measured)
    let model = LanguageModel(configuration.singleLayer(length: measured))
    let weights = Weights(ParameterBuffer(count: model.bufferCount))
    var state = model.initialState()
    let counts = (0..<measured).map { token in
      _ = model.step(token % 2, state: &state, weights: weights)
      return StateCount(state)
    }
    let growth = counts[1].combined(counts[0], -)
    for (earlier, later) in zip(counts, counts.dropFirst()) {
      precondition(later.combined(earlier, -) == growth, "state that does not grow linearly")
    }
    let layers = configuration.backbone.layers
    start = counts[0].combined(growth) { ($0 - $1) * layers }
    perToken = growth.combined(growth) { first, _ in first * layers }
  }

  /// What is carried after so many tokens.
  public func after(tokens: Int) -> StateCount {
    start.combined(perToken) { $0 + $1 * tokens }
  }
}
