/// The text as one word of a shell command, in single quotes if it needs them, so that a printed command can be pasted. Where
/// it has control characters, it is `$'…'` with escapes, which bash, zsh and ksh read, and which does nothing to a terminal.
package func shellWord(_ text: String) -> String {
  let isPlain = text.allSatisfy {
    $0.isASCII && ($0.isLetter || $0.isNumber || "-_./=:@%+,".contains($0))
  }
  if text.hiddenCharacter != nil || text.contains(where: \.isNewline) {
    let scalars = text.unicodeScalars.map { scalar in
      if scalar == "'" || scalar == "\\" { return "\\\(scalar)" }
      guard String(scalar).hiddenCharacter != nil || scalar == "\n" || scalar == "\t" else {
        return String(scalar)
      }
      return Array(String(scalar).utf8).map { byte in
        "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }.joined()
    }
    return "$'\(scalars.joined())'"
  }
  return isPlain && !text.isEmpty ? text : "'\(text.replacing("'", with: "'\\''"))'"
}

/// A file or folder as one word of a shell command; one whose name begins with - is not taken for an option.
package func shellPath(_ path: String) -> String {
  shellWord(path.hasPrefix("-") ? "./" + path : path)
}
