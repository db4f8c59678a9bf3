import Support

/// Multiply-adds of a linear recurrence that runs chunk by chunk, for all heads.
struct ChunkedArithmetic {
  /// For a token and each one of its chunk up to itself.
  let perPair: Int
  /// For a token and each one of its chunk before it.
  var perEarlierPair = 0
  /// For a token that reads the state before its chunk.
  let perRead: Int
  /// For a token that enters the state after its chunk.
  let perWrite: Int

  /// The state is neither read in the first chunk nor written in the last.
  func multiplyAdds(length: Int, chunk: Int) -> Int {
    var sum = 0
    for start in stride(from: 0, to: length, by: chunk) {
      let tokens = min(chunk, length - start)
      sum += tokens * (tokens + 1) / 2 * perPair + tokens * (tokens - 1) / 2 * perEarlierPair
      sum += tokens * ((start > 0 ? perRead : 0) + (start + chunk < length ? perWrite : 0))
    }
    return sum
  }
}

extension SettingKey {
  /// Tokens per chunk of a parallel form.
  static func chunkLength(
    _ property: WritableKeyPath<Root, Int> & Sendable, atMost most: Int = 1024
  )
    -> Self
  {
    .integer(
      "chunk_length", property, 1...most,
      "tokens per chunk of the parallel form; changes speed only")
  }
}

extension SettingsError {
  /// Channels of a head: `width`, or d_model / heads if that is 0. Throws if heads do not divide d_model then.
  static func headWidth(
    _ width: Int, of modelDimension: Int, heads: Int
  ) throws(SettingsError) -> Int {
    guard width == 0 else { return width }
    guard modelDimension % heads == 0 else {
      throw SettingsError(
        "num_heads", heads,
        allowed: "divisors of d_model = \(modelDimension), or any with a head_dim")
    }
    return modelDimension / heads
  }

  /// Throws unless `expand` · width is a whole number of channels.
  static func checkWidth(
    _ key: String, _ expand: Double, perChannelOf width: Int
  ) throws(SettingsError) {
    let channels = expand * Double(width)
    guard channels >= 1, channels == channels.rounded() else {
      throw SettingsError(
        key, expand.fractionText, allowed: "numbers whose product with head_dim = \(width) is whole"
      )
    }
  }

  /// Throws unless heads of `expand` · d_model channels together have a whole number of channels.
  static func checkWidth(
    _ key: String, _ expand: Double, of modelDimension: Int, heads: Int
  ) throws(SettingsError) {
    let width = expand * Double(modelDimension) / Double(heads)
    guard width >= 1, width == width.rounded() else {
      throw SettingsError(
        key, expand.fractionText,
        allowed: "numbers whose product with d_model / num_heads = "
          + "\((Double(modelDimension) / Double(heads)).fractionText) is whole")
    }
  }
}
