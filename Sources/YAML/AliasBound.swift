import Support

/// Refuses texts in which a key is a collection that aliases blow up.
///
/// The YAML parser compares the keys of a group before `NodeReader` can count their values; a key such as `[*a, *a]`, where
/// `a` is again made of aliases, would keep it busy for ever. So the text is scanned before: where a collection may be a key,
/// what all aliases stand for must be bounded.
enum AliasBound {
  private static let most = 1e6

  static func check(_ yaml: String, file: String) throws {
    guard yaml.utf8.contains(UInt8(ascii: "*")) else { return }
    var scanner = AliasScanner(yaml)
    scanner.scan()
    guard let key = scanner.collectionAsKey, scanner.total > most else { return }
    throw ConfigurationError(
      SourceMark(file: file, line: key.line, column: key.column),
      "aliases within a key, such as [*a, *a]: 1; allowed: keys of a single word")
  }
}

/// Finds anchors, aliases and keys that may be collections. It knows quotes, comments, plain text and blocks of text, in which
/// none of these characters means anything.
private struct AliasScanner {
  /// How many values all aliases so far stand for, at most.
  private(set) var total = 0.0
  /// The first `? ` or colon behind an alias or a closing bracket.
  private(set) var collectionAsKey: (line: Int, column: Int)?

  private let bytes: [UInt8]
  private var index = 0
  private var (line, lineStart, indent) = (1, 0, 0)
  /// Whether the line is an entry of a list.
  private var isItem = false
  /// The values that each anchor's node stands for. A node that has not ended is not in it.
  private var sizes: [ArraySlice<UInt8>: Double] = [:]
  /// Nodes of anchors that have not ended, and the total before them. A flow node ends at its bracket; another one at
  /// the first line that is indented no more than its own.
  private var flows: [(name: ArraySlice<UInt8>?, before: Double)] = []
  private var blocks: [(name: ArraySlice<UInt8>, before: Double, indent: Int, isItem: Bool)] = []
  /// The anchor of the node that comes next.
  private var anchor: ArraySlice<UInt8>?
  /// Whether an alias or a closing bracket stands directly before.
  private var mayEndKey = false

  init(_ yaml: String) {
    bytes = Array(yaml.utf8)
    beginLine()
  }

  mutating func scan() {
    while index < bytes.count {
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "\n"):
        index += 1
        line += 1
        beginLine()
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): index += 1
      case UInt8(ascii: "#"): skipLine()
      case UInt8(ascii: "\""), UInt8(ascii: "'"): quoted(byte)
      case UInt8(ascii: "&"): anchor = name()
      case UInt8(ascii: "*"):
        total += size(of: name())
        mayEndKey = true
      case UInt8(ascii: "!"): skip { !Self.isSpace($0) }
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        flows.append((anchor, total))
        (anchor, mayEndKey) = (nil, false)
        index += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"):
        if let (name, before) = flows.popLast(), let name { sizes[name] = 1 + total - before }
        mayEndKey = true
        index += 1
      case UInt8(ascii: ","): separate()
      case UInt8(ascii: ":") where mayEndKey || isIndicator:
        if mayEndKey { foundKey() }
        separate()
      case UInt8(ascii: "?") where isIndicator:
        foundKey()
        separate()
      case UInt8(ascii: "-") where isIndicator: separate()
      case UInt8(ascii: "|"), UInt8(ascii: ">"):
        if flows.isEmpty { block() } else { plain() }
      default: plain()
      }
    }
  }

  private mutating func beginLine() {
    lineStart = index
    let start = bytes[index...].firstIndex { $0 != UInt8(ascii: " ") } ?? bytes.count
    guard flows.isEmpty, start < bytes.count, !"#\r\n".utf8.contains(bytes[start]) else { return }
    (index, indent) = (start, start - lineStart)
    isItem = bytes[index] == UInt8(ascii: "-") && isIndicator
    mayEndKey = false
    // A list may stand directly under its key, without more indentation.
    while let last = blocks.last,
      last.indent > indent || last.indent == indent && last.isItem && !isItem
    {
      blocks.removeLast()
      sizes[last.name] = 1 + total - last.before
    }
    if let name = anchor {
      blocks.append((name, total, indent, isItem))
      anchor = nil
    }
  }

  /// What an alias stands for, at most. Its node may have ended without a sign.
  private func size(of name: ArraySlice<UInt8>) -> Double {
    let open = blocks.last { $0.name == name }.map { 1 + total - $0.before }
    return max(sizes[name] ?? 1, open ?? 1)
  }

  /// A character that means something only before a space.
  private var isIndicator: Bool {
    index + 1 >= bytes.count || Self.isSpace(bytes[index + 1])
      || !flows.isEmpty && ",[]{}".utf8.contains(bytes[index + 1])
  }

  private static func isSpace(_ byte: UInt8) -> Bool { " \t\r\n".utf8.contains(byte) }

  private mutating func skip(while isPart: (UInt8) -> Bool) {
    while index < bytes.count, isPart(bytes[index]) { index += 1 }
  }

  private mutating func skipLine() { skip { $0 != UInt8(ascii: "\n") } }

  private mutating func separate() {
    mayEndKey = false
    index += 1
  }

  private mutating func foundKey() {
    if collectionAsKey == nil { collectionAsKey = (line, index - lineStart + 1) }
  }

  /// The name behind & or *.
  private mutating func name() -> ArraySlice<UInt8> {
    index += 1
    let start = index
    skip { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    return bytes[start..<index]
  }

  /// A text was the node of the anchor before it.
  private mutating func endText() {
    if let name = anchor { sizes[name] = 1 }
    (anchor, mayEndKey) = (nil, false)
  }

  private mutating func quoted(_ quote: UInt8) {
    index += 1
    while index < bytes.count, bytes[index] != quote {
      if quote == UInt8(ascii: "\""), bytes[index] == UInt8(ascii: "\\") { index += 1 }
      if index < bytes.count, bytes[index] == UInt8(ascii: "\n") { line += 1 }
      index += 1
    }
    index += 1
    endText()
  }

  private mutating func plain() {
    while index < bytes.count, bytes[index] != UInt8(ascii: "\n") {
      let byte = bytes[index]
      if byte == UInt8(ascii: ":"), isIndicator { break }
      if byte == UInt8(ascii: "#"), Self.isSpace(bytes[index - 1]) { break }
      if !flows.isEmpty, ",[]{}".utf8.contains(byte) { break }
      index += 1
    }
    endText()
  }

  /// A block of text: its lines are indented more than the line before them, or empty.
  private mutating func block() {
    let outer = indent
    skipLine()
    while index < bytes.count {
      let start = index + 1
      let text = bytes[start...].firstIndex { $0 != UInt8(ascii: " ") } ?? bytes.count
      let isEmpty = text < bytes.count && "\r\n".utf8.contains(bytes[text])
      guard isEmpty || text - start > outer else { break }
      line += 1
      (index, lineStart) = (text, start)
      skipLine()
    }
    endText()
  }
}
