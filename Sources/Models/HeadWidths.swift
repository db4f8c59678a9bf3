import Support

extension SettingsError {
  /// Throws unless `value` divides d_model.
  static func checkDivisor(
    _ key: String, _ value: Int, of modelDimension: Int
  ) throws(SettingsError) {
    guard modelDimension % value == 0 else {
      throw SettingsError(key, value, allowed: "divisors of d_model = \(modelDimension)")
    }
  }

  /// Channels of a head: `width`, or d_model / heads if `width` is 0. Throws if it is 0 and heads do not divide
  /// d_model.
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

  /// Throws unless each head has a whole number of channels, where all together have `expand` · d_model.
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

extension MixerSettings {
  /// Channels of all heads together: `expand` for each of the model's.
  func channels(_ expand: Double, per modelDimension: Int) -> Int {
    Int(expand * Double(modelDimension))
  }

  /// Channels of all heads together, of `width` each; width 0 shares the model's among them.
  func headChannels(_ width: Int, heads: Int, modelDimension: Int) -> Int {
    width == 0 ? modelDimension : heads * width
  }

  /// The values of a setting that is the ratio of a head's channels to `width`: those for 1, 2, 3, … channels.
  func ratios(channelsPer width: Double, upTo most: Double) -> [Double] {
    (1...max(1, Int(most * width))).map { Double($0) / width }
  }

  /// The numbers of a range that are valid for this d_model and the mixer's other settings.
  func values(
    _ range: ClosedRange<Int>, modelDimension: Int, _ property: WritableKeyPath<Self, Int>
  ) -> [Double] {
    range.filter { value in
      var settings = self
      settings[keyPath: property] = value
      return (try? settings.validate(modelDimension: modelDimension)) != nil
    }.map(Double.init)
  }
}

extension SettingsError {
  /// The number of heads of `headDimension` channels that fill the inner channels, expand · d_model. Throws if they do not;
  /// `standard` is the default of `headdim`.
  static func heads(
    of headDimension: Int, standard: Int, expand: Int, modelDimension: Int
  ) throws(SettingsError) -> Int {
    let inner = expand * modelDimension
    guard inner % headDimension == 0 else {
      // With the default headdim it is d_model that the user must change.
      guard headDimension == standard else {
        throw SettingsError(
          "headdim", headDimension, allowed: "divisors of expand · d_model = \(inner)")
      }
      let fitting = (1...headDimension).first { expand * $0 % headDimension == 0 }!
      throw SettingsError(
        "d_model", modelDimension,
        allowed:
          "multiples of \(fitting), as headdim = \(headDimension) must divide expand · d_model")
    }
    return inner / headDimension
  }

  /// Throws unless groups have equally many heads.
  static func checkGroups(_ groups: Int, ofHeads heads: Int) throws(SettingsError) {
    guard heads % groups == 0 else {
      throw SettingsError(
        "ngroups", groups, allowed: "divisors of the number of heads = \(heads)")
    }
  }
}
