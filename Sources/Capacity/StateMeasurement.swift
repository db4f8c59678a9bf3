import Models
import Support
import Synchronization

/// Scalars carried from token to token, by layer and part.
public struct StateCount: Hashable, Sendable {
  /// Scalars of each part, by layer.
  public let layers: [[StatePart: Int]]

  /// Scalars of all parts of all layers.
  public var scalars: Int { layers.reduce(0) { $0 + $1.values.reduce(0, +) } }

  /// Scalars of one part in all layers.
  public subscript(part: StatePart) -> Int { layers.reduce(0) { $0 + ($1[part] ?? 0) } }

  /// The parts of all layers. Those that every table lists come first.
  public var parts: [StatePart] {
    let named = Set(layers.flatMap(\.keys)).subtracting(StatePart.listed)
    return StatePart.listed + named.sorted { $0.key < $1.key }
  }
}

/// The size of a model's state in every layer after any number of tokens.
///
/// It is measured with the mixers' `step`, so it is right for states that stop growing, too, such as that of a
/// window: see `StateGrowth`. Layers with equal settings are measured once. Vocabulary and weights do not change it.
public struct StateMeasurement: Hashable, Sendable {
  private let layers: [StateGrowth]
  private let longest: Int

  /// `longest` is the largest number of tokens that will be asked for. Throws `SettingsError` for a model that is too
  /// large to be run, or that has a layer without a recurrence.
  public init(_ configuration: ModelConfiguration, longest: Int) throws {
    try CountableSize.check(configuration, length: 1)
    self.longest = longest
    // Position embeddings have no state, but one row per token, so they are left out.
    var configuration = configuration
    configuration.shape.positionEmbedding = .none
    // Models of thousands of layers have few that differ.
    var known: [AnyHashable: StateGrowth] = [:]
    layers = try (0..<configuration.shape.layers).map { index in
      let settings = configuration.mixer(ofLayer: index).erased
      if let growth = known[settings] { return growth }
      let growth = try Self.growth(configuration.alone(layer: index, length: longest), longest)
      known[settings] = growth
      return growth
    }
  }

  private struct Measured: Hashable {
    let layer: ModelConfiguration
    let longest: Int
  }

  /// A table compares every model with attention of its size, and is made anew whenever a run ends.
  private static let measured = Mutex<[Measured: StateGrowth]>([:])

  /// `layer` is a model of one layer.
  private static func growth(_ layer: ModelConfiguration, _ longest: Int) throws -> StateGrowth {
    let key = Measured(layer: layer, longest: longest)
    if let growth = measured.withLock({ $0[key] }) { return growth }
    let model = LanguageModel(layer)
    let growth = StateGrowth(
      try model.recurrences[0], modelDimension: layer.shape.modelDimension,
      weights: .zeros, longest: longest)
    measured.withLock { $0[key] = growth }
    return growth
  }

  /// The state's size after so many tokens.
  public func after(tokens: Int) -> StateCount {
    precondition(tokens <= longest, "\(tokens) tokens of \(longest) measured")
    return StateCount(layers: layers.map { $0.sizes(after: tokens) })
  }

  /// Scalars that the next token adds after so many tokens, which must be fewer than `longest`.
  public func growth(after tokens: Int) -> Int {
    after(tokens: tokens + 1).scalars - after(tokens: tokens).scalars
  }
}

extension ModelConfiguration {
  /// Scalars of the state after so many tokens; nil for a model with a layer that has no recurrence.
  public func stateScalars(after tokens: Int) throws -> Int? {
    guard hasRecurrence else { return nil }
    return try StateMeasurement(self, longest: tokens).after(tokens: tokens).scalars
  }
}
