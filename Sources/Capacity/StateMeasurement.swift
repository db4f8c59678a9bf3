import Autodiff
import Models
import Support

/// Scalars carried from token to token, by layer and part.
public struct StateCount: Hashable, Sendable {
  public let layers: [[StatePart: Int]]

  public var scalars: Int { layers.reduce(0) { $0 + $1.values.reduce(0, +) } }

  /// Of one part, in all layers.
  public subscript(part: StatePart) -> Int { layers.reduce(0) { $0 + ($1[part] ?? 0) } }

  /// The parts of all layers, the ones that every table lists first.
  public var parts: [StatePart] {
    let named = Set(layers.flatMap(\.keys)).subtracting(StatePart.listed)
    return StatePart.listed + named.sorted { $0.key < $1.key }
  }
}

/// What a model carries after any number of tokens, in every layer.
///
/// It is measured from the mixers' `step`, also where a state stops growing, as a window's does: see
/// `StateGrowth`. Layers with equal settings are measured once; neither vocabulary nor weights change what is
/// carried.
public struct StateMeasurement: Hashable, Sendable {
  private let layers: [StateGrowth]
  private let longest: Int

  /// `longest`: the most tokens that will be asked for. Throws `SettingsError` for a model too large to be run, or
  /// with a layer that has no recurrence.
  public init(_ configuration: ModelConfiguration, longest: Int) throws {
    try CountableSize.check(configuration, length: 1)
    self.longest = longest
    // Position embeddings carry nothing, and have a row for each token.
    var configuration = configuration
    configuration.shape.positionEmbedding = .none
    var known: [AnyHashable: StateGrowth] = [:]
    layers = try (0..<configuration.shape.layers).map { index in
      let settings = configuration.mixer(ofLayer: index).erased
      if let growth = known[settings] { return growth }
      let model = LanguageModel(try configuration.alone(layer: index, length: longest))
      let weights = ReferenceWeights(ParameterBuffer(count: model.bufferCount))
      let growth = StateGrowth(
        try model.recurrences[0], modelDimension: configuration.shape.modelDimension,
        weights: weights, longest: longest)
      known[settings] = growth
      return growth
    }
  }

  /// What is carried after so many tokens.
  public func after(tokens: Int) -> StateCount {
    precondition(tokens <= longest, "\(tokens) tokens of \(longest) measured")
    return StateCount(layers: layers.map { $0.sizes(after: tokens) })
  }

  /// Scalars that the next token adds after so many tokens, fewer than `longest`.
  public func growth(after tokens: Int) -> Int {
    after(tokens: tokens + 1).scalars - after(tokens: tokens).scalars
  }
}

extension ModelConfiguration {
  /// Scalars carried after so many tokens; nil for a model with a layer that has no recurrence.
  public func stateScalars(after tokens: Int) throws -> Int? {
    guard hasRecurrence else { return nil }
    return try StateMeasurement(self, longest: tokens).after(tokens: tokens).scalars
  }
}
