import Support

extension ModelConfiguration {
  /// Floats of the parameters, computed without making the model, which may be too large for that. A `Double`, because
  /// the number may be too large for an `Int`.
  public var parameterFloats: Double {
    // The parameters of some mixers grow with the longest sequence, in proportion to it or to its square. These lengths
    // fill whole vectors.
    let length = 16
    let floats = [length, 2 * length, 3 * length].map(floatsOfLayers)
    let (first, second) = (floats[1] - floats[0], floats[2] - 2 * floats[1] + floats[0])
    let steps = Double(shape.maximumLength - length) / Double(length)
    let d = Double(shape.modelDimension)
    let positions = shape.positionEmbedding == .none ? 0 : Double(shape.maximumLength) * d
    let biases = shape.hasMaskedTokenHead ? Double(shape.vocabularySize) : 0
    return Double(shape.vocabularySize) * d + positions + biases
      + max(0, floats[0] + steps * first + steps * (steps - 1) / 2 * second)
  }

  /// Counted from the first two of each of its mixers; all others are as the second.
  private func floatsOfLayers(_ maximumLength: Int) -> Double {
    func floats(_ layers: Int) -> Double {
      let small = withSmallestTables(maximumLength: maximumLength, layers: layers)
      return Double(LanguageModel(small).bufferCount)
    }
    guard shape.layers > 2 * mixers.count else { return floats(shape.layers) }
    let (first, both) = (floats(mixers.count), floats(2 * mixers.count))
    return first + (Double(shape.layers) / Double(mixers.count) - 1) * (both - first)
  }

  /// Some of the layers, with tables of few rows, which are made in no time.
  func withSmallestTables(maximumLength: Int = 1, layers: Int? = nil) -> ModelConfiguration {
    var small = self
    (small.shape.vocabularySize, small.shape.maximumLength) = (1, maximumLength)
    small.shape.layers = layers ?? min(shape.layers, mixers.count)
    small.shape.positionEmbedding = .none
    return small
  }

  /// Throws `SettingsError` if `copies` of the parameters do not fit into this machine's memory.
  public func requireMemory(copies: Int = 1) throws(SettingsError) {
    try Memory.require(4 * Double(copies) * parameterFloats, for: "the model's parameters")
  }
}
