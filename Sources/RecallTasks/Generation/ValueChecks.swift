import Support

/// Throws a `SettingsError` unless a value is allowed.
func require(
  _ isAllowed: Bool, _ key: String, _ value: some CustomStringConvertible,
  _ allowed: @autoclosure () -> String
) throws(SettingsError) {
  guard isAllowed else { throw SettingsError(key, value, allowed: allowed()) }
}

/// Throws unless an example has at least so many tokens, and few enough for the arithmetic.
func require(
  sequenceLength length: Int, atLeast least: Int, _ why: String? = nil
) throws(SettingsError) {
  let most = DatasetFile.lengthLimit
  try require(
    (least...most).contains(length), "sequence_length", length,
    "\(why.map { "\($0) = " } ?? "")\(least) to \(most)")
}

/// Throws unless an example has an even number of tokens, at least so many.
func require(evenSequenceLength length: Int, atLeast least: Int) throws(SettingsError) {
  let most = DatasetFile.lengthLimit
  try require(
    (least...most).contains(length) && length.isMultiple(of: 2), "sequence_length", length,
    "an even number, at least \(least), at most \(most)")
}

/// Throws unless a vocabulary has at least so many tokens.
func require(vocabularySize size: Int, atLeast least: Int) throws(SettingsError) {
  try require(
    size >= least && size <= Int(Int32.max), "vocab_size", size, "\(least) to \(Int32.max)")
}
