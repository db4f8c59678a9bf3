import Support

/// MQAR's second part: slots of equal width, some of which hold a query, and filler everywhere else.
struct QueryRegion {
  /// The positions of the region; what is left after the last whole slot is filler.
  let positions: Range<Int>
  /// Tokens of a slot.
  let width: Int
  /// Slot i = 1, 2, … is drawn with probability in proportion to i^(power − 1).
  let power: Double
  /// Filler is uniform in [0, vocabularySize) instead of 0.
  let randomFiller: Bool
  let vocabularySize: Int

  /// Fills the region, with no token of `avoided`, and hands each query's number and first position to `body`.
  func write(
    queries: Int, to inputs: UnsafeMutableBufferPointer<Int32>, avoiding avoided: TokenTable?,
    by random: inout RandomStream, _ body: (_ number: Int, _ position: Int) -> Void
  ) {
    for position in positions { inputs[position] = filler(avoiding: avoided, by: &random) }
    raceSlots(queries, of: positions.count / width, power: power, by: &random) {
      body($0, positions.lowerBound + width * $1)
    }
  }

  private func filler(avoiding avoided: TokenTable?, by random: inout RandomStream) -> Int32 {
    guard randomFiller else { return 0 }
    while true {
      let token = random.token(in: 0..<vocabularySize)
      guard let avoided, avoided.contains(token) else { return token }
    }
  }
}
