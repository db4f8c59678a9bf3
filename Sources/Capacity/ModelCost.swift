import Models
import Support

/// A model's number of parameters, and its arithmetic.
public struct ModelCost: Hashable, Sendable {
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
    let paths = [""] + (model.isHybrid ? model.mixers.indices.map { "mixers.\($0)." } : [])
    for path in paths {
      for (key, most) in bounds {
        if case .int(let value)? = model.value(at: path + key), value > most {
          throw SettingsError(path + key, value, allowed: "at most \(most) here")
        }
      }
    }
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
      guard layer.parameterCount <= largest else {
        throw SettingsError(
          "d_model", dimension,
          allowed: "models with at most \(largest) parameters a layer; this one has "
            + "\(layer.parameterCount)")
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
