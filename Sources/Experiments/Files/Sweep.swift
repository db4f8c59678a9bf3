import Models
import RecallTasks
import Support
import Training

/// All combinations of the sweep axes of one row.
///
/// A list where one value is expected is an axis; where the setting itself is a list, a list of lists is.
struct Sweep {
  /// Where axes are.
  static let sections = ["task", "model", "match", "training", "seed"]

  /// One combination: every axis replaced by one of its values.
  struct Point {
    let axes: [AxisValue]
    /// The row's settings with one value each in `sections`.
    let node: ConfigurationNode
  }

  /// The most runs of an experiment: reading more would take minutes.
  static let mostRuns = 10_000

  /// In the order of the sections and of the keys in the file; the first axis varies slowest.
  let points: [Point]

  init(_ row: ConfigurationNode) throws {
    var points = [Point(axes: [], node: row)]
    for section in Self.sections {
      guard let node = row[section] else { continue }
      if section == "seed" {
        let axis = try Self.axis(of: section, node, isList: false)
        points = try Self.expand(points, section: section, key: nil, along: axis, of: node)
        continue
      }
      if section == "match", node.value == "none" { continue }
      guard case .group(let entries) = node.content else {
        throw node.wrong(
          section, allowed: section == "match" ? "a group of keys, or none" : "a group of keys")
      }
      let lists = try Self.listKeys(section, node)
      for entry in entries {
        let axis = try Self.axis(
          of: entry.key, entry.node, isList: lists.contains(entry.key))
        points = try Self.expand(
          points, section: section, key: entry.key, along: axis, of: entry.node)
      }
    }
    self.points = points
  }

  /// The values of an axis, never none, or nil for a single value.
  private static func axis(
    of key: String, _ node: ConfigurationNode, isList: Bool
  ) throws -> [ConfigurationNode]? {
    guard case .list(let nodes) = node.content else { return nil }
    if nodes.isEmpty, !isList {
      throw node.wrong(key, allowed: "a value, or a list of values to sweep")
    }
    guard isList else { return nodes }
    if case .list? = nodes.first?.content { return nodes }
    return nil
  }

  private static func expand(
    _ points: [Point], section: String, key: String?, along axis: [ConfigurationNode]?,
    of node: ConfigurationNode
  ) throws -> [Point] {
    guard let axis else { return points }
    guard axis.count <= mostRuns, points.count * axis.count <= mostRuns else {
      throw node.wrong(key ?? section, allowed: "a sweep of at most \(mostRuns) runs")
    }
    return points.flatMap { point in
      axis.map { node in
        let whole = key.map { point.node[section]!.setting($0, to: node) } ?? node
        let path = key.map { "\(section).\($0)" } ?? section
        return Point(
          axes: axis.count == 1
            ? point.axes : point.axes + [AxisValue(path: path, value: node.value)],
          node: point.node.setting(section, to: whole))
      }
    }
  }

  /// The keys of a section whose value is a list by itself: those with a list as default.
  private static func listKeys(_ section: String, _ node: ConfigurationNode) throws -> Set<String> {
    let kinds: [String] =
      switch node["kind"]?.value {
      case .string(let kind): [kind]
      case .array(let kinds):
        kinds.compactMap { if case .string(let kind) = $0 { kind } else { nil } }
      default: []
      }
    let defaults: [[String: SettingValue]]
    switch section {
    case "task":
      defaults = try TaskCatalog.tasks.filter { kinds.contains($0.kind) }
        .map { try $0.init().settingValues }
    case "model":
      defaults = try MixerCatalog.mixers.filter { kinds.contains($0.kind) }
        .map { try $0.init().settingValues }
    default: defaults = [try TrainingSettings().settingValues]
    }
    return Set(
      defaults.joined().compactMap { if case .array = $0.value { $0.key } else { nil } })
  }
}
