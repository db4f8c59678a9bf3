import Models
import RecallTasks
import Support
import Training

/// All combinations of the sweep axes of one row.
///
/// A list in the place of one value is an axis. If the setting itself is a list, a list of lists is an axis.
struct Sweep {
  /// The sections that may contain axes.
  static let sections = ["task", "model", "match", "training", "seed"]

  /// One combination: every axis has one of its values.
  struct Point {
    let axes: [AxisValue]
    /// The row's settings, without lists for axes.
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
      let lists = Self.listKeys(section, node)
      let known = SettingSections.names(in: section)
      // The decoder names an unknown key, whatever its value is.
      for entry in entries where known.contains(entry.key) || entry.key == "kind" {
        let axis = try Self.axis(
          of: entry.key, entry.node, isList: lists.contains(entry.key))
        points = try Self.expand(
          points, section: section, key: entry.key, along: axis, of: entry.node)
      }
    }
    self.points = points
  }

  /// The values of an axis, at least one; nil for a single value.
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

  /// The keys of a section whose value is a list by itself.
  private static func listKeys(_ section: String, _ node: ConfigurationNode) -> Set<String> {
    let kinds: [SettingValue] =
      switch node["kind"]?.value {
      case .array(let kinds): kinds
      case let kind?: [kind]
      case nil: []
      }
    let keys = SettingSections.types(of: section).filter {
      $0.kind.map { kinds.contains(.string($0)) } ?? true
    }
    .flatMap { $0.type.init().help }
    return Set(keys.filter { $0.kind == .list }.map(\.name))
  }
}
