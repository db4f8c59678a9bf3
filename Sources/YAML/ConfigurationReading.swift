import Foundation
import Support
import Yams

extension ConfigurationNode {
  /// Reads YAML. Throws `ConfigurationError` for text that is not YAML, for duplicate keys, and for empty text.
  public init(yaml: String, file: String) throws {
    do {
      // The basic resolver leaves all scalars as text. YAML 1.1's would take `3e-3` for text and `no` for false.
      guard let node = try Yams.compose(yaml: yaml, .basic) else {
        throw ConfigurationError(
          SourceMark(file: file, line: 1, column: 1), "the file is empty; expected YAML keys")
      }
      self = try Self(node, file: file)
    } catch let error as YamlError {
      throw Self.error(error, yaml: yaml, file: file)
    }
  }

  /// Reads the YAML file at `path`.
  public init(contentsOf path: String) throws {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw ConfigurationError(SourceMark(whole: path), Self.reason(path))
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw ConfigurationError(
        SourceMark(file: path, line: 1, column: 1), "the file is not UTF-8 text")
    }
    try self.init(yaml: text, file: path)
  }

  /// Why a file cannot be read.
  private static func reason(_ path: String) -> String {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      return "no such file"
    }
    if isFolder.boolValue { return "is a folder, not a YAML file" }
    return FileManager.default.isReadableFile(atPath: path)
      ? "cannot be read" : "no permission to read it"
  }

  private init(_ node: Node, file: String) throws {
    let mark = SourceMark(file: file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    switch node {
    case .scalar(let scalar):
      let isPlain = scalar.style == .plain || scalar.style == .any
      let value = isPlain ? SettingValue(plain: scalar.string) : .string(scalar.string)
      self.init(.scalar(value), at: mark)
    case .sequence(let sequence):
      self.init(.list(try sequence.map { try Self($0, file: file) }), at: mark)
    case .mapping(let mapping):
      var keys: Set<String> = []
      let entries = try mapping.map { key, node in
        let keyMark = SourceMark(
          file: file, line: key.mark?.line ?? mark.line, column: key.mark?.column ?? mark.column)
        guard case .scalar(let scalar) = key else {
          throw ConfigurationError(keyMark, "a key must be a single word")
        }
        // The parser does not see that `a` and `!!int a` are the same key.
        guard keys.insert(scalar.string).inserted else {
          throw ConfigurationError(keyMark, "\(scalar.string): this key is given twice")
        }
        return Entry(key: scalar.string, mark: keyMark, node: try Self(node, file: file))
      }
      self.init(.group(entries), at: mark)
    case .alias:
      throw ConfigurationError(mark, "YAML aliases are not supported; use presets")
    }
  }

  private static func error(_ error: YamlError, yaml: String, file: String) -> ConfigurationError {
    func located(_ line: Int, _ column: Int, _ message: String) -> ConfigurationError {
      ConfigurationError(SourceMark(file: file, line: line, column: column), message)
    }
    switch error {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let contextText = context.map { " (\($0.text), line \($0.mark.line))" } ?? ""
      return located(mark.line, mark.column, "not YAML: \(problem)\(contextText)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let key = duplicates.min() ?? ""
      let (line, column) = secondPosition(of: key, in: yaml, after: context.mark)
      return located(line, column, "\(key): this key is given twice")
    case .reader(let problem, let offset, _, _):
      let before = yaml.prefix(offset ?? 0).split(separator: "\n", omittingEmptySubsequences: false)
      return located(
        max(1, before.count), (before.last?.count ?? 0) + 1, "not YAML: \(problem)")
    default:
      return located(1, 1, "not YAML: \(error)")
    }
  }

  /// The position of the second `key:` of a group. The parser gives only the group's position. In block style all
  /// keys of a group stand in its column; if none is found there, this is the group's position.
  private static func secondPosition(
    of key: String, in yaml: String, after group: Mark
  ) -> (line: Int, column: Int) {
    let lines = yaml.split(separator: "\n", omittingEmptySubsequences: false)
    let found = lines.indices.dropFirst(group.line - 1).filter { index in
      let line = lines[index].drop { $0 == " " || $0 == "-" }
      return lines[index].count - line.count == group.column - 1 && line.hasPrefix("\(key):")
    }
    return found.count > 1 ? (found[1] + 1, group.column) : (group.line, group.column)
  }
}

extension SettingValue {
  /// A YAML scalar without quotes: null, true, false, a number in decimal notation, else text.
  package init(plain text: String) {
    switch text {
    case "", "~", "null": self = .null
    case "true": self = .bool(true)
    case "false": self = .bool(false)
    default:
      let startsAsNumber = text.first.map { "+-.0123456789".contains($0) } ?? false
      let isDecimal = !text.contains { "xXnNiIpP".contains($0) }
      if startsAsNumber, let value = Int(text) {
        self = .int(value)
      } else if startsAsNumber, isDecimal, let value = Double(text), value.isFinite {
        self = .double(value)
      } else {
        self = .string(text)
      }
    }
  }
}
