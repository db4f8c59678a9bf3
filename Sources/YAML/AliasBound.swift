import Support

/// Refuses texts in which a key is a collection that aliases blow up.
///
/// The YAML parser compares the keys of a group before `NodeReader` can count their values; a key such as `[*a, *a]`, where
/// `a` is again made of aliases, would keep it busy for ever. Text alone does not tell which collections are keys, so this
/// looks at those texts only that may have such a key, and estimates from above how much their aliases stand for.
enum AliasBound {
  private static let most = 1e6

  static func check(_ yaml: String, file: String) throws {
    guard yaml.utf8.contains(UInt8(ascii: "*")), mayHaveCollectionsAsKeys(yaml),
      estimate(yaml) > most
    else { return }
    throw ConfigurationError(
      SourceMark(file: file, line: 1, column: 1),
      "aliases within a key, such as [*a, *a]: 1; allowed: keys of a single word")
  }

  /// Such keys begin with `? `, or a colon follows an alias or a closing bracket.
  private static func mayHaveCollectionsAsKeys(_ yaml: String) -> Bool {
    var (before, word) = (UInt8(ascii: "\n"), UInt8(ascii: "\n"))
    var isAlias = false
    for byte in yaml.utf8 {
      switch byte {
      case UInt8(ascii: ":"):
        if isAlias || word == UInt8(ascii: "]") || word == UInt8(ascii: "}") { return true }
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        if before == UInt8(ascii: "?") { return true }
      default:
        if isSeparator(before) { isAlias = byte == UInt8(ascii: "*") }
        word = byte
      }
      before = byte
    }
    return false
  }

  private static func isSeparator(_ byte: UInt8) -> Bool { " \t\r\n[]{},:-?".utf8.contains(byte) }

  /// How many values all aliases stand for, at most: an anchor's node ends before its first alias, so it holds at most
  /// the aliases in between. That is not so where a name is given twice.
  private static func estimate(_ yaml: String) -> Double {
    var anchors: [Substring: (before: Double, size: Double?)] = [:]
    var total = 0.0
    var rest = yaml[...]
    while let start = rest.utf8.firstIndex(where: { "&*".utf8.contains($0) }) {
      let isAnchor = rest.utf8[start] == UInt8(ascii: "&")
      let name = rest.utf8[rest.utf8.index(after: start)...].prefix(while: isInName)
      rest = rest[name.endIndex...]
      if isAnchor {
        guard anchors.updateValue((total, nil), forKey: Substring(name)) == nil else {
          return .infinity
        }
      } else if let anchor = anchors[Substring(name)] {
        let size = anchor.size ?? 1 + total - anchor.before
        anchors[Substring(name)] = (anchor.before, size)
        total += size
      }
    }
    return total
  }

  /// The parser allows these bytes in the name of an anchor.
  private static func isInName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
