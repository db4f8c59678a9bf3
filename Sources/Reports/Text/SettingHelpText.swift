import RecallTasks
import Support

/// Lines of a list of keys: name, value, and meaning with the allowed values.
package func settingLines(_ keys: [SettingHelp]) -> [String] {
  alignedColumns(keys.map { [$0.name, $0.value.description, $0.text] }, left: [0, 1, 2])
}

extension RecallTask {
  /// The task's options, one per line: option, default, meaning and allowed values.
  package var optionsText: String {
    let rows = help.map { ["\($0.option) \($0.value)", $0.text] }
    return "Options of \(Self.kind), with their defaults:\n"
      + alignedColumns(rows, left: [0, 1]).map { "  \($0)" }.joined(separator: "\n")
  }
}
