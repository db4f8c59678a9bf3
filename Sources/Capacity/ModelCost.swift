import Models
import Support

/// A model's number of parameters, and its arithmetic.
public struct ModelCost: Hashable, Sendable {
  public let parameters: Int
  /// A token's share of a training step over one sequence. The backward pass counts as two forward passes.
  public let trainMultiplyAdds: Double
  /// One `step` at the sequence's last token, with all logits, counted from the recurrence.
  public let decodeMultiplyAdds: Double

  /// Floating-point operations: two for each multiply-add.
  public var trainFlops: Double { 2 * trainMultiplyAdds }
  public var decodeFlops: Double { 2 * decodeMultiplyAdds }

  /// - Parameter labelled: the number of positions, evenly spread over the sequence, that have outputs in training.
  public init(_ configuration: ModelConfiguration, length: Int, labelled: Int) throws {
    var configuration = configuration
    if configuration.backbone.maximumLength == 0 { configuration.backbone.maximumLength = length }
    try CountableSize.check(configuration, length: length)
    let model = LanguageModel(configuration)
    parameters = model.parameterCount
    let outputs = OutputPositions(labelled, spreadOver: length)
    trainMultiplyAdds =
      Double(model.trainingMultiplyAdds(length: length, labelled: outputs)) / Double(length)
    let layers = configuration.backbone.layers
    let state = try StateMeasurement(configuration).after(tokens: length)
    var layer = MixerState()
    layer.keyValueCache = [Double](repeating: 0, count: state.keyValueCache / layers)
    layer.stateSpace = [Double](repeating: 0, count: state.stateSpace / layers)
    layer.convolution = [Double](repeating: 0, count: state.convolution / layers)
    decodeMultiplyAdds = Double(model.decodeMultiplyAdds(leaving: layer))
  }
}

/// Limits of what can be counted: one layer is run to measure its state, and all numbers must fit 64 bits.
enum CountableSize {
  /// The most parameters of one layer; 2^27 are half a gigabyte as floats.
  static let largest = 1 << 27
  private static let bounds: [(key: String, largest: Int)] = [
    ("d_model", 1 << 16), ("n_layers", 1 << 14), ("d_state", 1 << 22), ("expand", 1 << 10),
    ("ngroups", 1 << 12),
  ]

  /// Throws `SettingsError` for a model or a length beyond the limits.
  static func check(_ model: ModelConfiguration, length: Int) throws {
    let values = try model.values
    for (key, most) in bounds {
      if case .int(let value)? = values[key], value > most {
        throw SettingsError(key, value, allowed: "at most \(most) here")
      }
    }
    guard length <= 1 << 24 else {
      throw SettingsError("sequence_length", length, allowed: "at most \(1 << 24) here")
    }
    let backbone = model.backbone
    guard length * backbone.modelDimension <= 1 << 26 else {
      throw SettingsError(
        "sequence_length", length,
        allowed: "at most \((1 << 26) / backbone.modelDimension) here with this d_model")
    }
    let parameters = LanguageModel(model.singleLayer(length: 1)).parameterCount
    guard parameters <= largest else {
      throw SettingsError(
        "d_model", backbone.modelDimension,
        allowed: "models with at most \(largest) parameters a layer; this one has \(parameters)")
    }
  }
}

extension ModelConfiguration {
  /// The model with one layer and the smallest vocabulary: a layer carries the same in both.
  func singleLayer(length: Int) -> ModelConfiguration {
    var single = self
    single.backbone.layers = 1
    single.backbone.vocabularySize = 2
    single.backbone.maximumLength = length
    return single
  }
}
