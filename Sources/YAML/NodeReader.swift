import Support
import Yams

/// Makes the nodes of a configuration from those of the YAML parser.
struct NodeReader {
  /// The most values of a file. An alias counts as often as it is used: a few lines of aliases of aliases would stand
  /// for more values than fit into memory.
  static let mostNodes = 200_000
  /// The key by which YAML lays a group under another one: `<<: *base`, or `<<: [*one, *other]`.
  private static let mergeKey = "<<"

  let file: String
  private var count = 0

  init(file: String) { self.file = file }

  mutating func read(_ node: Node) throws -> ConfigurationNode {
    let mark = mark(node) ?? SourceMark(file: file, line: 1, column: 1)
    try count(1, at: mark)
    switch node {
    case .scalar(let scalar):
      try check(scalar.string, at: mark)
      return ConfigurationNode(.scalar(try value(scalar, at: mark)), at: mark)
    case .sequence(let sequence):
      var nodes: [ConfigurationNode] = []
      for node in sequence { nodes.append(try read(node)) }
      return ConfigurationNode(.list(nodes), at: mark)
    case .mapping(let mapping): return try group(mapping, at: mark)
    case .alias: throw ConfigurationError(mark, "an alias without its anchor")
    }
  }

  /// A word without quotes may be a number. The tags `!!str`, `!!int`, … say what it is.
  private func value(_ scalar: Node.Scalar, at mark: SourceMark) throws -> SettingValue {
    let isPlain = scalar.style == .plain || scalar.style == .any
    let plain = SettingValue(plain: scalar.string)
    // Empty where there is none: it is not resolved yet.
    let tag = scalar.tag.description
    let core = "tag:yaml.org,2002:"
    guard tag.hasPrefix(core),
      ["str", "int", "float", "bool", "null"].contains(tag.dropFirst(core.count))
    else { return isPlain ? plain : .string(scalar.string) }
    let type = tag.dropFirst(core.count)
    switch (type, plain) {
    case ("str", _): return .string(scalar.string)
    case ("int", .int), ("float", .double), ("bool", .bool), ("null", .null): return plain
    case ("float", .int(let number)): return .double(Double(number))
    default:
      throw ConfigurationError(
        mark, "\(scalar.string) is not allowed; allowed: a value for !!\(type)")
    }
  }

  private mutating func count(_ values: Int, at mark: SourceMark) throws {
    count += values
    guard count <= Self.mostNodes else {
      throw ConfigurationError(
        mark,
        "the file stands for more than \(Self.mostNodes) values, each alias counted where it is used; allowed: at most "
          + "\(Self.mostNodes)")
    }
  }

  /// An escape such as "\e[2J" in a text would do something to every terminal that shows it.
  private func check(_ text: String, at mark: SourceMark) throws {
    guard let character = text.hiddenCharacter else { return }
    throw ConfigurationError(
      mark, "the control character \(character) in \(text.harmless.debugDescription) is not allowed"
    )
  }

  private func mark(_ node: Node) -> SourceMark? {
    node.mark.map { SourceMark(file: file, line: $0.line, column: $0.column) }
  }

  private mutating func group(
    _ mapping: Node.Mapping, at mark: SourceMark
  ) throws -> ConfigurationNode {
    var entries: [ConfigurationNode.Entry] = []
    var keys: Set<String> = []
    /// What `<<` adds, and where.
    var merged: (index: Int, entries: [ConfigurationNode.Entry])?
    for (key, node) in mapping {
      let keyMark = self.mark(key) ?? mark
      guard case .scalar(let scalar) = key else {
        throw ConfigurationError(keyMark, KeyCheck.mistake)
      }
      try check(scalar.string, at: keyMark)
      // The parser does not see that `a` and `!!int a` are the same key.
      guard keys.insert(scalar.string).inserted else {
        throw ConfigurationError(keyMark, "\(scalar.string): this key is given twice")
      }
      let value = try read(node)
      if scalar.string == Self.mergeKey, scalar.style == .plain {
        let added = try Self.mergedEntries(value)
        // Merged groups of merged groups are copied at each level.
        try count(added.count, at: keyMark)
        merged = (entries.count, added)
      } else {
        entries.append(.init(key: scalar.string, mark: keyMark, node: value))
      }
    }
    if let merged {
      entries.insert(
        contentsOf: merged.entries.filter { !keys.contains($0.key) }, at: merged.index)
    }
    return ConfigurationNode(.group(entries), at: mark)
  }

  /// The entries of the groups under `<<`. Of several groups with one key the first wins.
  private static func mergedEntries(
    _ node: ConfigurationNode
  ) throws -> [ConfigurationNode.Entry] {
    let nodes: [ConfigurationNode]
    if case .list(let list) = node.content { nodes = list } else { nodes = [node] }
    var keys: Set<String> = []
    return try nodes.flatMap { node in
      guard case .group(let entries) = node.content else {
        throw node.wrong(mergeKey, allowed: "a group of keys or a list of groups, to be merged")
      }
      return entries.filter { keys.insert($0.key).inserted }
    }
  }
}
