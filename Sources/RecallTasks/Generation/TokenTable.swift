import Support

/// A map from a few tokens to numbers, in scratch memory: open addressing with linear probing.
///
/// Generators need one for each of a hundred thousand examples, where allocating a `Dictionary` would cost most of the
/// time.
struct TokenTable {
  typealias Entry = (token: Int32, number: Int32)
  private let entries: UnsafeMutableBufferPointer<Entry>
  private static let empty: Int32 = -1

  /// Calls `body` with an empty table that can hold `capacity` tokens.
  static func with<Result>(capacity: Int, _ body: (TokenTable) -> Result) -> Result {
    // The table is at most half full, so that probes are short.
    var slots = 4
    while slots < 2 * capacity { slots *= 2 }
    return withThreadScratch(of: Entry.self, capacity: slots) { entries in
      entries.initialize(repeating: (empty, 0))
      return body(TokenTable(entries: entries))
    }
  }

  private func position(of token: Int32) -> Int {
    var position = Int(truncatingIfNeeded: mix(UInt64(UInt32(bitPattern: token))))
    position &= entries.count - 1
    while entries[position].token != token, entries[position].token != Self.empty {
      position = (position + 1) & (entries.count - 1)
    }
    return position
  }

  /// The number of a token; nil if it has none. Tokens are not negative.
  subscript(token: Int32) -> Int32? {
    get {
      let entry = entries[position(of: token)]
      return entry.token == token ? entry.number : nil
    }
    nonmutating set {
      guard let newValue else { preconditionFailure("a token cannot be removed") }
      entries[position(of: token)] = (token, newValue)
    }
  }

  func contains(_ token: Int32) -> Bool { entries[position(of: token)].token == token }

  /// Draws `count` distinct tokens of `range` into the table, and passes each with its number 0, 1, … to `body`.
  func draw(
    _ count: Int, from range: Range<Int>, by random: inout RandomStream,
    _ body: (_ number: Int, _ token: Int32) -> Void
  ) {
    var number = 0
    while number < count {
      let token = Int32(range.lowerBound + random.below(range.count))
      let position = position(of: token)
      guard entries[position].token != token else { continue }
      entries[position] = (token, Int32(number))
      body(number, token)
      number += 1
    }
  }
}
