import Support

// Declarations of keys that several tasks have.
extension SettingKey where Root: RecallTask {
  typealias Bounds = SettingBounds<Root, Int>

  static func vocabularySize(
    _ property: Property<Int>, atLeast least: Int
  ) -> Self {
    vocabularySize(property, .from(.init(least), to: mostTokens))
  }

  /// The vocabulary of tasks whose tokens must not run out: with V > L there are enough of each kind.
  static func vocabularySizeAboveSequenceLength(
    _ property: Property<Int>
  ) -> Self {
    vocabularySize(
      property, .moreThan(.of("sequence_length") { $0.sequenceLength }, atMost: mostTokens))
  }

  static func vocabularySize(
    _ property: Property<Int>, _ bounds: Bounds
  ) -> Self {
    integer("vocab_size", property, bounds, "tokens are below this")
  }

  private static var mostTokens: SettingLimit<Root> { .init(Int(Int32.max)) }

  /// The longest example is what a data file may hold.
  static func sequenceLength(
    _ property: Property<Int>, atLeast least: SettingLimit<Root>
  ) -> Self {
    sequenceLength(property, .from(least, to: .init(DatasetFile.lengthLimit)))
  }

  static func evenSequenceLength(
    _ property: Property<Int>, atLeast least: Int
  ) -> Self {
    sequenceLength(property, .even(from: least, to: DatasetFile.lengthLimit))
  }

  static func sequenceLength(
    _ property: Property<Int>, _ bounds: Bounds
  ) -> Self {
    integer("sequence_length", property, bounds, "L, tokens of an example")
  }

  static func pairCount(
    _ property: Property<Int>, _ bounds: Bounds
  ) -> Self {
    integer("n_pairs", property, bounds, "K, key-value pairs to be recalled")
  }

  static func power(_ property: Property<Double>) -> Self {
    number(
      "power_a", property, .from(0, to: 16),
      "where queries fall: 1 is uniform; near 0 most queries are close to the pairs")
  }

  static func randomFiller(_ property: Property<Bool>) -> Self {
    flag("random_filler", property, "random tokens between queries instead of 0")
  }

  static func fillerAvoidsKeys(_ property: Property<Bool>) -> Self {
    flag("filler_avoids_keys", property, "random filler is never one of the example's keys")
  }

  static func loss(_ property: Property<LossTarget>) -> Self {
    choice("loss", property, "what training labels")
  }

  static func alphabetSize(_ property: Property<Int>) -> Self {
    integer("alphabet_size", property, 2...1 << 30, "A, symbols of strings")
  }

  static func leastLength(
    _ property: Property<Int>, _ bounds: Bounds
  ) -> Self {
    integer("n_min", property, bounds, "symbols of the shortest string")
  }

  static func mostLength(
    _ property: Property<Int>, _ bounds: Bounds
  ) -> Self {
    integer("n_max", property, bounds, "symbols of the longest string")
  }
}
