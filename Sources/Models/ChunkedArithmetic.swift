import Support

/// Multiply-adds of a linear recurrence that runs chunk by chunk, for all heads.
struct ChunkedArithmetic {
  /// For each pair of a token and itself or an earlier token of its chunk.
  let perPair: Int
  /// For each pair of a token and an earlier token of its chunk.
  var perEarlierPair = 0
  /// For each token that reads the state with which its chunk starts.
  let perRead: Int
  /// For each token that is added to the state with which its chunk ends.
  let perWrite: Int

  /// The first chunk does not read the state, and the last does not write it.
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
