import Support

extension ModelConfiguration {
  /// Floats of the parameters, computed without making the model, which may be too large for that. A `Double`, because
  /// the number may be too large for an `Int`.
  public var parameterFloats: Double {
    // The parameters of some mixers grow with the longest sequence, all of them in proportion.
    let (one, two) = (layerFloats(maximumLength: 1), layerFloats(maximumLength: 2))
    let d = Double(shape.modelDimension)
    let positions = shape.positionEmbedding == .none ? 0 : Double(shape.maximumLength) * d
    return Double(shape.vocabularySize) * d + positions
      + one + max(0, Double(shape.maximumLength) - 1) * (two - one)
  }

  private func layerFloats(maximumLength: Int) -> Double {
    Double(LanguageModel(withSmallestTables(maximumLength: maximumLength)).bufferCount)
  }

  /// The same layers with tables of one row, which are made in no time.
  func withSmallestTables(maximumLength: Int = 1) -> ModelConfiguration {
    var small = self
    (small.shape.vocabularySize, small.shape.maximumLength) = (1, maximumLength)
    small.shape.positionEmbedding = .none
    return small
  }

  /// Throws `SettingsError` if `copies` of the parameters do not fit into this machine's memory.
  public func requireMemory(copies: Int = 1) throws(SettingsError) {
    try Memory.require(4 * Double(copies) * parameterFloats, for: "the model's parameters")
  }
}
