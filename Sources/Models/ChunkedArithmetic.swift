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
