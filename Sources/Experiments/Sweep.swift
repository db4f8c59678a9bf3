import Models
import RecallTasks
import Support
import Training

/// All combinations of the sweep axes of one row.
///
/// A list instead of a single value is an axis. If the setting itself is a list, such as `stages` or a hybrid's
/// `mixers`, a list of lists is an axis. The same holds within an entry of `mixers`.
struct Sweep {
  /// The sections that may contain axes.
  static let sections = ["task", "model", "match", "training", "seed"]

  /// One combination: a value for every axis.
  struct Point {
    let axes: [AxisValue]
    /// The row's settings with this combination's values.
    let node: ConfigurationNode
    /// The recipe whose values `node` has where the file has none.
    var recipe: Recipe.Use?
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
        points = try Self.expand(points, [section], along: axis, of: node)
        continue
      }
      if section == "match", node.value == "none" { continue }
      guard case .group(let entries) = node.content else {
        throw node.wrong(
          section, allowed: section == "match" ? "a group of keys, or none" : "a group of keys")
      }
      let lists = Self.listKeys(section, node)
      let known = SettingSections.names(in: section)
      // Unknown keys are left for the decoder, which names them.
      for entry in entries where known.contains(entry.key) || entry.key == "kind" {
        let axis = try Self.axis(
          of: entry.key, entry.node, isList: lists.contains(entry.key))
        points = try Self.expand(points, [section, entry.key], along: axis, of: entry.node)
        if section == "model", entry.key == ModelConfiguration.mixersKey {
          points = try points.flatMap(Self.expandMixers)
          try Self.check(points.count, of: entry.key, entry.node)
        }
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

  /// Every combination of the axes within the entries of a hybrid's `mixers`.
  private static func expandMixers(_ point: Point) throws -> [Point] {
    let key = ModelConfiguration.mixersKey
    guard case .list(let mixers)? = point.node["model"]?[key]?.content else { return [point] }
    return try mixers.enumerated().reduce([point]) { points, mixer in
      let lists = listKeys("model", mixer.element)
      return try mixer.element.entries.reduce(points) { points, entry in
        let axis = try Self.axis(
          of: entry.key, entry.node, isList: lists.contains(entry.key))
        return try Self.expand(
          points, ["model", key, "\(mixer.offset)", entry.key], along: axis, of: entry.node)
      }
    }
  }

  private static func expand(
    _ points: [Point], _ path: [String], along axis: [ConfigurationNode]?,
    of node: ConfigurationNode
  ) throws -> [Point] {
    guard let axis else { return points }
    let (count, overflows) = points.count.multipliedReportingOverflow(by: axis.count)
    try check(overflows ? .max : count, of: path.last!, node)
    return points.flatMap { point in
      axis.map { node in
        let value = AxisValue(path: path.joined(separator: "."), value: node.value)
        return Point(
          axes: axis.count == 1 ? point.axes : point.axes + [value],
          node: point.node.setting(path, to: node))
      }
    }
  }

  private static func check(_ runs: Int, of key: String, _ node: ConfigurationNode) throws {
    guard runs <= mostRuns else {
      throw node.wrong(key, allowed: "a sweep of at most \(mostRuns) runs")
    }
  }

  /// The keys of a section, or of an entry of `mixers`, whose value is itself a list.
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
    let own = section == "model" ? [ModelConfiguration.mixersKey] : []
    return Set(keys.filter { $0.kind == .list }.map(\.name) + own)
  }
}
