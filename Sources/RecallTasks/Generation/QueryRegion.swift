import Support

/// The second part of an MQAR example: slots of equal width. Some hold a query, the rest is filler.
struct QueryRegion {
  /// The positions of the region. Positions after the last whole slot are filler.
  let positions: Range<Int>
  /// Tokens of a slot.
  let width: Int
  /// Slot i = 1, 2, … is drawn with a probability proportional to i^(power − 1).
  let power: Double
  /// Whether filler is uniform in [0, vocabularySize), instead of 0.
  let randomFiller: Bool
  let vocabularySize: Int

  /// Fills the region with filler other than `avoided`, and passes each query's number and first position to `body`.
  func write(
    queries: Int, to inputs: UnsafeMutableBufferPointer<Int32>, avoiding avoided: TokenTable?,
    by random: inout RandomStream, _ body: (_ number: Int, _ position: Int) -> Void
  ) {
    for position in positions { inputs[position] = filler(avoiding: avoided, by: &random) }
    drawSlots(queries, of: positions.count / width, power: power, by: &random) {
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
