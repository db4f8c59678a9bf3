/// A part of a configuration file, with its position in the file.
public struct ConfigurationNode: Sendable {
  public enum Content: Sendable {
    case scalar(SettingValue)
    case list([ConfigurationNode])
    /// In the order of the file.
    case group([Entry])
  }

  public struct Entry: Sendable {
    public let key: String
    /// The key as the file spells it. If that is an old name, `key` is the current one.
    public let written: String
    /// The position of the key.
    public let mark: SourceMark
    public let node: ConfigurationNode

    public init(key: String, written: String? = nil, mark: SourceMark, node: ConfigurationNode) {
      self.key = key
      self.written = written ?? key
      self.mark = mark
      self.node = node
    }
  }

  public let content: Content
  public let mark: SourceMark

  public init(_ content: Content, at mark: SourceMark) {
    self.content = content
    self.mark = mark
  }

  /// The entries of a group; empty for a scalar or a list.
  public var entries: [Entry] {
    if case .group(let entries) = content { entries } else { [] }
  }

  public func entry(_ key: String) -> Entry? { entries.first { $0.key == key } }

  public subscript(key: String) -> ConfigurationNode? { entry(key)?.node }

  /// The value without positions.
  public var value: SettingValue {
    switch content {
    case .scalar(let value): value
    case .list(let nodes): .array(nodes.map(\.value))
    case .group: .object(values)
    }
  }

  /// The values of a group by key.
  public var values: [String: SettingValue] {
    Dictionary(uniqueKeysWithValues: entries.map { ($0.key, $0.node.value) })
  }

  /// This group with `other` laid over it: groups within are merged, everything else is replaced.
  /// The order is this group's, then what `other` adds.
  public func merged(with other: ConfigurationNode) -> ConfigurationNode {
    guard case .group(var merged) = content, case .group(let added) = other.content else {
      return other
    }
    for entry in added {
      if let index = merged.firstIndex(where: { $0.key == entry.key }) {
        merged[index] = Entry(
          key: entry.key, written: entry.written, mark: entry.mark,
          node: merged[index].node.merged(with: entry.node))
      } else {
        merged.append(entry)
      }
    }
    return ConfigurationNode(.group(merged), at: other.mark)
  }

  /// This group with the node of `key` replaced, or added at the end.
  public func setting(_ key: String, to node: ConfigurationNode) -> ConfigurationNode {
    let old = entry(key)
    let entry = Entry(key: key, written: old?.written, mark: old?.mark ?? node.mark, node: node)
    return entries.contains { $0.key == key }
      ? ConfigurationNode(.group(entries.map { $0.key == key ? entry : $0 }), at: mark)
      : ConfigurationNode(.group(entries + [entry]), at: mark)
  }

  /// This group with old names of keys replaced by current ones. Throws `ConfigurationError` if a key is given under
  /// two names.
  public func renaming(_ oldNames: [String: String]) throws -> ConfigurationNode {
    guard case .group(let entries) = content else { return self }
    var renamed: [Entry] = []
    for entry in entries {
      let key = oldNames[entry.key] ?? entry.key
      if let same = renamed.first(where: { $0.key == key }) {
        throw ConfigurationError(
          entry.mark, "\(entry.key): given already as \(same.written), which means the same")
      }
      renamed.append(Entry(key: key, written: entry.written, mark: entry.mark, node: entry.node))
    }
    return ConfigurationNode(.group(renamed), at: mark)
  }

  /// The same with the node at a path of keys and indices replaced. All of the path but its last key must exist.
  public func setting(_ path: some Collection<String>, to node: ConfigurationNode)
    -> ConfigurationNode
  {
    guard let first = path.first else { return node }
    if case .list(var nodes) = content, let index = Int(first), nodes.indices.contains(index) {
      nodes[index] = nodes[index].setting(path.dropFirst(), to: node)
      return ConfigurationNode(.list(nodes), at: mark)
    }
    return setting(first, to: self[first]?.setting(path.dropFirst(), to: node) ?? node)
  }

  /// This group without `keys`; the same node if it is no group.
  public func removing(_ keys: Set<String>) -> ConfigurationNode {
    guard case .group(let entries) = content else { return self }
    return ConfigurationNode(.group(entries.filter { !keys.contains($0.key) }), at: mark)
  }

  /// This group without keys that begin with "x-", which hold anchors that other places of the file use.
  public var withoutAnchors: ConfigurationNode {
    removing(Set(entries.map(\.key).filter { $0.hasPrefix("x-") }))
  }
}

extension ConfigurationNode {
  /// A value that the program made, at the position of the value that it replaces.
  public init(_ value: SettingValue, at mark: SourceMark) {
    switch value {
    case .object(let values):
      let entries = values.sorted { $0.key < $1.key }.map { key, value in
        Entry(key: key, mark: mark, node: ConfigurationNode(value, at: mark))
      }
      self.init(.group(entries), at: mark)
    case .array(let values):
      self.init(.list(values.map { ConfigurationNode($0, at: mark) }), at: mark)
    default: self.init(.scalar(value), at: mark)
    }
  }
}
