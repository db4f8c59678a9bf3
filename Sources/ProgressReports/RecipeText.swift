import Experiments
import Support

extension Experiment {
  /// The recipes of its runs, written out as a file would have them; empty if there are none.
  package var recipeText: String {
    let runs = runs.filter { $0.recipe != nil }
    return runs.compactMap(\.recipe).distinct.map { use in
      let own = runs.filter { $0.recipe == use }
      let labels = own.map { Self.label(rows[$0.row].label, axes: $0.axes.ofConfiguration) }
      return "\nrecipe \(use.name)\(use.isNamed ? "" : ", as the file says nothing on training"), "
        + "of \(labels.distinct.joined(separator: "; ")):\n"
        + Self.written(use.values).map { "  \($0)\n" }.joined()
    }.joined()
  }

  /// One line for all recipes; nil if there are none.
  package var recipeNote: String? {
    let uses = runs.compactMap(\.recipe).distinct
    guard !uses.isEmpty else { return nil }
    let names = uses.map(\.name).distinct.joined(separator: ", ")
    let reason = uses.contains(where: \.isNamed) ? "" : ", as the file says nothing on training"
    return "recipe \(names)\(reason); --plan shows its settings"
  }

  /// Lines of YAML.
  private static func written(_ values: [String: SettingValue]) -> [String] {
    let entries = values.sorted { $0.key < $1.key }
      .map { (path: $0.key.split(separator: ".").map(String.init), value: $0.value) }
    return entries.map(\.path[0]).distinct.flatMap { section in
      ["\(section):"]
        + entries.filter { $0.path[0] == section }.flatMap { entry -> [String] in
          guard case .array(let list) = entry.value else {
            return ["  \(entry.path[1]): \(entry.value.plainText)"]
          }
          return ["  \(entry.path[1]):"] + list.map { "    - \($0)" }
        }
    }
  }
}
