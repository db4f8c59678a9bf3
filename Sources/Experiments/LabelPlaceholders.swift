import Capacity
import Models
import Support

extension Experiment {
  /// A row's label with the values of keys that have one value in all its runs. Those of sweep axes, and of what `match`
  /// solves for, come with each run. Throws for the `{key}` of no setting of the row.
  static func label(_ node: ConfigurationNode, of row: ConfigurationNode) throws -> String {
    var label = try node.text("label").oneLine
    guard (1...mostCharacters).contains(label.count) else {
      throw node.wrong("label", allowed: "1 to \(mostCharacters) characters")
    }
    let isMatched = row["match"].map { $0.value != "none" } ?? false
    for match in label.matches(of: /\{([^{}]+)\}/) {
      let key = String(match.output.1)
      // Solved for, whatever the file says.
      if isMatched, MatchParameter(key) != nil { continue }
      let values = written(key, in: row)
      guard !values.isEmpty else {
        try checkKeys(of: row)
        throw node.wrong(
          "label",
          allowed: "{KEY} of a setting that the row has: \(keys(of: row).joined(separator: ", "))")
      }
      if values.count == 1, let value = single(values[0]) {
        label = label.replacing("{\(key)}", with: value.plainText)
      }
    }
    return label
  }

  /// A value that is no sweep.
  private static func single(_ value: SettingValue) -> SettingValue? {
    switch value {
    case .array(let values): values.count == 1 ? single(values[0]) : nil
    case .object: nil
    default: value
    }
  }

  /// Every value that the row has under a key, or under a path such as `mixers.0.d_state`.
  private static func written(_ key: String, in row: ConfigurationNode) -> [SettingValue] {
    Sweep.sections.compactMap { section -> SettingValue? in
      guard let node = row[section] else { return nil }
      return section == key ? node.value : node.value.value(at: key)
    }
      + mixers(of: row).compactMap { $0.value.value(at: key) }
  }

  private static func mixers(of row: ConfigurationNode) -> [ConfigurationNode] {
    guard case .list(let nodes)? = row["model"]?[ModelConfiguration.mixersKey]?.content else {
      return []
    }
    // A sweep of lists has the entries one level down.
    return nodes.flatMap { node in
      if case .list(let entries) = node.content { entries } else { [node] }
    }
  }

  /// Throws for a key that the row's task or mixer does not have: a placeholder without a setting may be due to a setting that
  /// is misspelt.
  private static func checkKeys(of row: ConfigurationNode) throws {
    for section in SettingSections.ofRuns {
      guard let group = row[section] else { continue }
      try SettingSections.checkPlaces(group, in: section)
      try group.checkKeys(
        section,
        known: SettingSections.names(in: section, kind: row[section]?["kind"]?.value).sorted()
          + ["kind"] + (section == "training" ? [Recipe.key] : []),
        oldNames: SettingSections.oldNames(in: section))
    }
  }

  private static func keys(of row: ConfigurationNode) -> [String] {
    let sections = Sweep.sections.compactMap { section -> [String]? in
      section == "seed" ? (row["seed"] == nil ? nil : ["seed"]) : row[section]?.entries.map(\.key)
    }
    return (sections.flatMap(\.self) + mixers(of: row).flatMap { $0.entries.map(\.key) })
      .distinct.filter { $0 != ModelConfiguration.mixersKey }
  }
}
