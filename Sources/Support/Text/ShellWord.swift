/// The text as one word of a shell command, in single quotes if it needs them, so that a printed command can be pasted.
package func shellWord(_ text: String) -> String {
  let isPlain = text.allSatisfy {
    $0.isASCII && ($0.isLetter || $0.isNumber || "-_./=:@%+,".contains($0))
  }
  return isPlain && !text.isEmpty ? text : "'\(text.replacing("'", with: "'\\''"))'"
}

/// A file or folder as one word of a shell command; one whose name begins with - is not taken for an option.
package func shellPath(_ path: String) -> String {
  shellWord(path.hasPrefix("-") ? "./" + path : path)
}
