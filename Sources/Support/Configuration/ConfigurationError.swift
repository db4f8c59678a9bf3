/// A position in a configuration file; lines and columns count from 1. Line 0 stands for the whole file.
public struct SourceMark: Hashable, Sendable, CustomStringConvertible {
  public let file: String
  public let line: Int
  public let column: Int

  public init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// What has no lines: a file that cannot be read, or an argument.
  public init(whole file: String) { self.init(file: file, line: 0, column: 0) }

  public var description: String { line == 0 ? file : "\(file):\(line):\(column)" }
}

/// A mistake in a configuration file: its position, and what is allowed there.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  public let mark: SourceMark
  public let message: String

  public init(_ mark: SourceMark, _ message: String) {
    self.mark = mark
    self.message = message
  }

  public var description: String { "\(mark): \(message)" }
}

extension ConfigurationNode {
  /// The same error with the position of its key in this group, and the key as the file spells it. The key may be a
  /// path, such as "stages[0].examples".
  public func located(_ error: SettingsError) -> ConfigurationError {
    var node = self
    var key = ""
    for name in error.key.replacing("[", with: ".[").split(separator: ".").map(String.init) {
      var written = name
      if let entry = node.entry(name) {
        // For an unknown key the position is that of the key, otherwise that of the value.
        let isUnknown = error.allowed.hasPrefix(SettingsError.unknownKeyPrefix)
        node = ConfigurationNode(
          entry.node.content, at: isUnknown ? entry.mark : entry.node.mark)
        written = entry.written
      } else if case .list(let nodes) = node.content, name.hasPrefix("["),
        let index = Int(name.dropFirst().dropLast()), nodes.indices.contains(index)
      {
        node = nodes[index]
      } else {
        node = ConfigurationNode(.scalar(.null), at: node.mark)
      }
      key += key.isEmpty || written.hasPrefix("[") ? written : ".\(written)"
    }
    return ConfigurationError(node.mark, error.spelled(key).description)
  }

  /// Runs `body`. A `SettingsError` becomes a `ConfigurationError` with the position of its key in this group.
  public func locating<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as SettingsError {
      throw located(error)
    }
  }
}
