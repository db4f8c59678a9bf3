import Models
import RecallTasks
import Support
import Synchronization
import Training

/// The sections of an experiment, such as `training`, and the types that declare their keys.
public enum SettingSections {
  /// Those whose settings make a run.
  static let ofRuns = ["task", "model", "training"]

  /// The types of a section. Those of a task or mixer come with its `kind`.
  package static func types(of section: String) -> [(kind: String?, type: any Settings.Type)] {
    switch section {
    case "task": TaskCatalog.tasks.map { ($0.kind, $0) }
    case "model":
      [(nil, ModelShape.self)] + MixerCatalog.mixers.map { ($0.kind, $0) }
    case "training": [(nil, TrainingSettings.self)]
    case "match": [(nil, MatchSettings.self)]
    case "table": [(nil, TableSettings.self)]
    default: []
    }
  }

  /// The kinds of a section's tasks or mixers.
  static func kinds(in section: String) -> [String] {
    types(of: section).compactMap(\.kind)
      + (section == "model" ? [ModelConfiguration.hybridKind] : [])
  }

  /// Every name of every key that a section may have with this kind of task or mixer; all of them for an unknown kind.
  static func names(in section: String, kind: SettingValue?) -> Set<String> {
    guard case .string(let kind)? = kind, kinds(in: section).contains(kind),
      kind != ModelConfiguration.hybridKind
    else { return names(in: section) }
    let types = types(of: section).filter { $0.kind == nil || $0.kind == kind }.map(\.type)
    return types.reduce(into: []) { $0.formUnion($1.names + Array($1.oldNames.keys)) }
  }

  private struct Names: Sendable {
    /// How many types there were: a program may register more.
    let types: Int
    let names: Set<String>
    let oldNames: [String: String]
  }

  /// A file of thousands of rows asks for the names of each, and making them takes long.
  private static let known = Mutex<[String: Names]>([:])

  private static func names(of section: String) -> Names {
    let count = types(of: section).count
    return known.withLock { known in
      if let names = known[section], names.types == count { return names }
      let names = Names(
        types: count, names: makeNames(in: section), oldNames: makeOldNames(in: section))
      known[section] = names
      return names
    }
  }

  /// Every name of every key of a section, old names included.
  static func names(in section: String) -> Set<String> { names(of: section).names }

  /// The current names of a section's keys by their old names. A name that another task or mixer uses for a key of its
  /// own is not an old name.
  static func oldNames(in section: String) -> [String: String] { names(of: section).oldNames }

  private static func makeNames(in section: String) -> Set<String> {
    types(of: section).reduce(into: section == "model" ? [ModelConfiguration.mixersKey] : []) {
      $0.formUnion($1.type.names)
      $0.formUnion($1.type.oldNames.keys)
    }
  }

  private static func makeOldNames(in section: String) -> [String: String] {
    let types = types(of: section).map(\.type)
    let names = Set(types.flatMap { $0.names })
    return types.reduce(into: [:]) { $0.merge($1.oldNames) { first, _ in first } }
      .filter { !names.contains($0.key) }
  }

  /// The error that a key belongs to another section; nil for a key that this one has, or a near miss of one, and for a key
  /// that no section has.
  static func misplaced(
    _ key: String, value: SettingValue, in section: String
  ) -> SettingsError? {
    guard key != "kind", key != Recipe.key, !names(in: section).contains(key) else { return nil }
    func error(_ hint: String) -> SettingsError {
      SettingsError(key, value, allowed: "a key of \(section); \(hint)")
    }
    let others = ofRuns.filter { $0 != section }
    if let other = others.first(where: { names(in: $0).contains(key) }) {
      return error("\(key) is a key of \(other)")
    }
    guard nearestName(to: key, in: names(in: section).sorted()) == nil else { return nil }
    return others.lazy.compactMap { other in
      nearestName(to: key, in: names(in: other).sorted()).map {
        error("\(other) has \(oldNames(in: other)[$0] ?? $0)")
      }
    }.first
  }

  /// The path of a key, such as training.lr, or of the key that is nearest to this name; nil if none is near.
  static func path(ofKey name: String) -> String? {
    let sections = Sweep.sections.filter { $0 != "seed" }
    if let section = sections.first(where: { names(in: $0).contains(name) }) {
      return "\(section).\(name)"
    }
    if name == Recipe.key { return "training.\(name)" }
    return sections.lazy.compactMap { section in
      nearestName(to: name, in: names(in: section).sorted()).map {
        "\(section).\(oldNames(in: section)[$0] ?? $0)"
      }
    }.first
  }

  /// Throws `ConfigurationError` at a key that belongs to another section.
  static func checkPlaces(_ group: ConfigurationNode, in section: String) throws {
    let names = names(in: section)
    for entry in group.entries where !names.contains(entry.key) {
      if let error = misplaced(entry.written, value: entry.node.value, in: section) {
        throw ConfigurationError(entry.mark, error.description)
      }
    }
  }

  /// Throws `ConfigurationError` if no type of the section can read the value, or one of the values of a list.
  static func checkType(_ entry: ConfigurationNode.Entry, in section: String) throws {
    let readers = types(of: section).map(\.type).filter { type in
      type.names.contains(entry.key) || type.oldNames[entry.key] != nil
    }
    func failure(_ node: ConfigurationNode) -> ConfigurationError? {
      var first: SettingsError?
      for type in readers {
        do throws(SettingsError) { _ = try type.decode([entry.key: node.value]) } catch {
          first = first ?? error
          continue
        }
        return nil
      }
      return first.map { ConfigurationError(node.mark, $0.description) }
    }
    guard let whole = failure(entry.node) else { return }
    guard case .list(let nodes) = entry.node.content, !nodes.isEmpty else { throw whole }
    for node in nodes { if let error = failure(node) { throw error } }
  }

  /// The meaning of the key at a path such as "training.lr"; nil if no type declares it.
  public static func meaning(of path: String) -> String? {
    var parts = path.split(separator: ".", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { return nil }
    if parts[0] == "model" {
      if parts[1] == ModelConfiguration.mixersKey { return ModelConfiguration.mixersHelp.text }
      // A setting of a hybrid's mixer, such as mixers.0.d_state.
      parts[1] = parts[1].split(separator: ".").last.map(String.init) ?? parts[1]
    }
    return types(of: parts[0]).lazy.compactMap { $0.type.init().help(of: parts[1])?.text }.first
  }
}
