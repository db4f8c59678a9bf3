import Foundation
import Support
import Yams

extension ConfigurationNode {
  /// Reads YAML. Throws `ConfigurationError` for text that is not YAML, for duplicate keys, and for empty text.
  public init(yaml: String, file: String) throws {
    try KeyCheck.check(yaml, file: file)
    do {
      // The basic resolver leaves all scalars as text. YAML 1.1's would take `3e-3` for text and `no` for false.
      guard let node = try Yams.compose(yaml: yaml, .basic) else {
        throw ConfigurationError(
          SourceMark(file: file, line: 1, column: 1), "the file is empty; expected YAML keys")
      }
      var reader = NodeReader(file: file)
      self = try reader.read(node)
    } catch let error as YamlError {
      throw Self.error(error, yaml: yaml, file: file)
    }
  }

  /// Reads the YAML file at `path`.
  public init(contentsOf path: String) throws {
    let text: String
    do {
      text = try InputFile.text(path)
    } catch {
      throw ConfigurationError(
        error.isOfContent ? SourceMark(file: path, line: 1, column: 1) : SourceMark(whole: path),
        error.description)
    }
    try self.init(yaml: text, file: path)
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
      let isDeep = problem.hasPrefix("Maximum nesting level reached")
      return located(
        mark.line, mark.column,
        isDeep
          ? "groups and lists are nested too deeply (more than 1000 levels)"
          : "not YAML: \(problem)\(contextText)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      // Yams writes `<uncovertable>` for a key that is a group or a list.
      let key = (duplicates.min() ?? "").replacing("<uncovertable>", with: "a group or list as key")
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
      // A tag may stand before the key.
      let name = line.first == "!" ? line.drop { $0 != " " }.drop { $0 == " " } : line
      return lines[index].count - line.count == group.column - 1 && name.hasPrefix("\(key):")
    }
    return found.count > 1 ? (found[1] + 1, group.column) : (group.line, group.column)
  }
}
