import Support

// Declarations of keys that several tasks have.
extension SettingKey where Root: RecallTask {
  static func vocabularySize(
    _ property: WritableKeyPath<Root, Int> & Sendable, atLeast least: Int
  ) -> Self {
    vocabularySize(property, .from(.init(least), to: mostTokens))
  }

  /// Of tasks whose tokens must not run out: with V > L there are enough of each kind.
  static func vocabularySizeAboveSequenceLength(
    _ property: WritableKeyPath<Root, Int> & Sendable
  ) -> Self {
    vocabularySize(
      property, .moreThan(.of("sequence_length") { $0.sequenceLength }, atMost: mostTokens))
  }

  static func vocabularySize(
    _ property: WritableKeyPath<Root, Int> & Sendable, _ bounds: SettingBounds<Root, Int>
  ) -> Self {
    integer("vocab_size", property, bounds, "tokens are below this")
  }

  private static var mostTokens: SettingLimit<Root> { .init(Int(Int32.max)) }

  /// The longest example is what a data file may hold.
  static func sequenceLength(
    _ property: WritableKeyPath<Root, Int> & Sendable, atLeast least: SettingLimit<Root>
  ) -> Self {
    sequenceLength(property, .from(least, to: .init(DatasetFile.lengthLimit)))
  }

  static func evenSequenceLength(
    _ property: WritableKeyPath<Root, Int> & Sendable, atLeast least: Int
  ) -> Self {
    sequenceLength(property, .even(from: least, to: DatasetFile.lengthLimit))
  }

  static func sequenceLength(
    _ property: WritableKeyPath<Root, Int> & Sendable, _ bounds: SettingBounds<Root, Int>
  ) -> Self {
    integer("sequence_length", property, bounds, "L, tokens of an example")
  }

  static func pairCount(
    _ property: WritableKeyPath<Root, Int> & Sendable, _ bounds: SettingBounds<Root, Int>
  ) -> Self {
    integer("n_pairs", property, bounds, "K, key-value pairs to be recalled")
  }

  static func power(_ property: WritableKeyPath<Root, Double> & Sendable) -> Self {
    number(
      "power_a", property, .from(0, to: 16),
      "where queries fall: 1 is uniform, near 0 is mostly early")
  }

  static func randomFiller(_ property: WritableKeyPath<Root, Bool> & Sendable) -> Self {
    flag("random_filler", property, "random tokens between queries instead of 0")
  }

  static func fillerAvoidsKeys(_ property: WritableKeyPath<Root, Bool> & Sendable) -> Self {
    flag("filler_avoids_keys", property, "random filler is never one of the example's keys")
  }

  static func loss(_ property: WritableKeyPath<Root, LossTarget> & Sendable) -> Self {
    choice("loss", property, "what training labels")
  }

  static func alphabetSize(_ property: WritableKeyPath<Root, Int> & Sendable) -> Self {
    integer("alphabet_size", property, 2...1 << 30, "A, symbols of strings")
  }

  static func leastLength(
    _ property: WritableKeyPath<Root, Int> & Sendable, _ bounds: SettingBounds<Root, Int>
  ) -> Self {
    integer("n_min", property, bounds, "symbols of the shortest string")
  }

  static func mostLength(
    _ property: WritableKeyPath<Root, Int> & Sendable, _ bounds: SettingBounds<Root, Int>
  ) -> Self {
    integer("n_max", property, bounds, "symbols of the longest string")
  }
}
