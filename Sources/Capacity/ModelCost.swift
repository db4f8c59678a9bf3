import Models
import Support

/// A model's number of parameters, and its arithmetic.
public struct ModelCost: Hashable, Sendable {
  /// Trained scalars.
  public let parameters: Int
  /// A token's share of a training step over one sequence. The backward pass counts as two forward passes.
  public let trainMultiplyAdds: Double
  /// One `step` at the sequence's last token, with all logits, counted from the recurrence; nil for a model with
  /// a layer that has no recurrence.
  public let decodeMultiplyAdds: Double?

  /// Counts for sequences of `length` tokens, of which `labelled`, evenly spread, have outputs in training. Throws
  /// `SettingsError` for a model that is too large to be counted.
  public init(_ configuration: ModelConfiguration, length: Int, labelled: Int) throws {
    var configuration = configuration
    if configuration.shape.maximumLength == 0 { configuration.shape.maximumLength = length }
    try CountableSize.check(configuration, length: length)
    let model = LanguageModel(configuration)
    parameters = model.parameterCount
    let outputs = OutputPositions(labelled, spreadOver: length)
    trainMultiplyAdds =
      Double(model.trainingMultiplyAdds(length: length, labelled: outputs)) / Double(length)
    guard model.hasRecurrence else {
      decodeMultiplyAdds = nil
      return
    }
    let state = try StateMeasurement(configuration, longest: length).after(tokens: length)
    decodeMultiplyAdds = Double(try model.stepMultiplyAdds(leaving: state.layers))
  }
}

/// Limits of what can be counted: one layer is run to measure its state.
enum CountableSize {
  /// The most parameters of one layer; 2^27 are half a gigabyte as floats.
  static let mostParameters = 1 << 27
  /// The most scalars of a layer's state; 2^26 are half a gigabyte in double precision.
  static let mostState = 1 << 26

  /// Throws `SettingsError` for a model or a length beyond the limits.
  static func check(_ model: ModelConfiguration, length: Int) throws {
    guard length <= 1 << 24 else {
      throw SettingsError("sequence_length", length, allowed: "at most \(1 << 24) here")
    }
    let dimension = model.shape.modelDimension
    guard length * dimension <= 1 << 26 else {
      throw SettingsError(
        "sequence_length", length,
        allowed: "at most \((1 << 26) / dimension) here with this d_model")
    }
    for index in model.mixers.indices {
      let layer = LanguageModel(try model.alone(layer: index, length: 1))
      let state = layer.hasRecurrence ? try layer.recurrences[0].initialSizes : [:]
      let counts = [
        ("parameters", layer.parameterCount, mostParameters),
        ("scalars of state", state.reduce(0) { $0 + $1.value }, mostState),
      ]
      for (name, count, most) in counts where count > most {
        throw SettingsError(
          "d_model", dimension,
          allowed: "models with at most \(most) \(name) a layer; this one has \(count)")
      }
    }
  }
}

extension ModelConfiguration {
  /// A model of some of its layers, with the smallest vocabulary, which does not change the state.
  func only(layers: [Int], length: Int) throws -> ModelConfiguration {
    var shape = shape
    shape.layers = layers.count
    shape.vocabularySize = 2
    shape.maximumLength = length
    return isHybrid
      ? try ModelConfiguration(shape, hybridOf: layers.map(mixer(ofLayer:)))
      : try ModelConfiguration(shape, mixer: mixers[0].selecting(layers: layers))
  }

  /// A model of one of its layers.
  func alone(layer: Int, length: Int) throws -> ModelConfiguration {
    try only(layers: [layer], length: length)
  }
}
