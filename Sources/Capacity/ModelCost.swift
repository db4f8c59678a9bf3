import Mixers

/// Learned numbers and floating-point operations, two a multiply-add.
public struct ModelCost: Hashable, Sendable {
  public let parameters: Int
  /// A token's share of a training step over one sequence: forward once, backward twice that.
  public let trainFlops: Double
  /// One `step` at the sequence's last token, counted from the recurrence, with all logits.
  public let decodeFlops: Double

  /// `labelled` positions of a sequence go through the head in training.
  public init(_ configuration: ModelConfiguration, length: Int, labelled: Int) throws {
    var configuration = configuration
    if configuration.backbone.maximumLength == 0 { configuration.backbone.maximumLength = length }
    let model = LanguageModel(configuration)
    parameters = model.parameterCount
    trainFlops =
      2 * Double(model.trainingMultiplyAdds(length: length, labelled: labelled)) / Double(length)
    let layers = configuration.backbone.layers
    let state = try StateMeasurement(configuration).after(tokens: length)
    var layer = MixerState()
    layer.keyValueCache = [Double](repeating: 0, count: state.keyValueCache / layers)
    layer.stateSpace = [Double](repeating: 0, count: state.stateSpace / layers)
    layer.convolution = [Double](repeating: 0, count: state.convolution / layers)
    decodeFlops = 2 * Double(model.decodeMultiplyAdds(leaving: layer))
  }
}
