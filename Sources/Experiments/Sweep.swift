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
    try Self.check(Self.count(row), row)
    var points = [Point(axes: [], node: row)]
    for section in Self.sections {
      guard let node = row[section] else { continue }
      if section == "seed" {
        let axis = try Self.axis(of: section, node, isList: false)
        points = Self.expand(points, [section], along: axis)
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
        points = Self.expand(points, [section, entry.key], along: axis)
        if section == "model", entry.key == ModelConfiguration.mixersKey {
          points = try points.flatMap(Self.expandMixers)
        }
      }
    }
    self.points = points
  }

  /// The most runs of the whole row; `init` makes no more than these. As a `Double`, because it may be any number.
  private static func count(_ row: ConfigurationNode) -> Double {
    sections.reduce(1) { count, section in
      guard let node = row[section] else { return count }
      if section == "seed" { return count * values(node) }
      let (lists, known) = (listKeys(section, node), SettingSections.names(in: section))
      return node.entries.reduce(count) { count, entry in
        guard known.contains(entry.key) || entry.key == "kind" else { return count }
        guard section == "model", entry.key == ModelConfiguration.mixersKey else {
          return count * values(entry.node, isList: lists.contains(entry.key))
        }
        return count * ofMixers(entry.node)
      }
    }
  }

  /// How many values a key has, at least 1: an empty list is an error of its own.
  private static func values(_ node: ConfigurationNode, isList: Bool = false) -> Double {
    guard case .list(let nodes) = node.content else { return 1 }
    if isList {
      guard case .list? = nodes.first?.content else { return 1 }
    }
    return Double(max(1, nodes.count))
  }

  /// How many combinations the entries of a hybrid's `mixers` have, of all its lists together.
  private static func ofMixers(_ node: ConfigurationNode) -> Double {
    guard case .list(let nodes) = node.content else { return 1 }
    if case .list? = nodes.first?.content { return nodes.reduce(0) { $0 + ofMixers($1) } }
    return nodes.reduce(1) { count, mixer in
      let lists = listKeys("model", mixer)
      return mixer.entries.reduce(count) {
        $0 * values($1.node, isList: lists.contains($1.key))
      }
    }
  }

  private static func check(_ runs: Double, _ row: ConfigurationNode) throws {
    guard runs > Double(mostRuns) else { return }
    throw ConfigurationError(
      row.mark,
      "the lists of values make \(significant(runs, 6)) runs, each value with each of the other keys; allowed: at most "
        + "\(mostRuns)")
  }

  /// The values of an axis, at least one; nil for a single value.
  private static func axis(
    of key: String, _ node: ConfigurationNode, isList: Bool
  ) throws -> [ConfigurationNode]? {
    guard case .list(let nodes) = node.content else { return nil }
    if nodes.isEmpty, !isList {
      throw node.wrong(key, allowed: "a value, or a list of values to sweep")
    }
    if isList {
      guard case .list? = nodes.first?.content else { return nil }
    }
    var values: Set<SettingValue> = []
    for node in nodes where !values.insert(node.value.normalized).inserted {
      throw node.wrong(key, allowed: "each value once in a list, because equal runs share a record")
    }
    return nodes
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
        return Self.expand(
          points, ["model", key, "\(mixer.offset)", entry.key], along: axis)
      }
    }
  }

  private static func expand(
    _ points: [Point], _ path: [String], along axis: [ConfigurationNode]?
  ) -> [Point] {
    guard let axis else { return points }
    let name = path.joined(separator: ".")
    let values = axis.map { AxisValue(path: name, value: $0.value) }
    return points.flatMap { point in
      zip(axis, values).map { node, value in
        Point(
          axes: axis.count == 1 ? point.axes : point.axes + [value],
          node: point.node.setting(path, to: node))
      }
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
    let own = section == "model" ? [ModelConfiguration.mixersKey] : []
    return Set(keys.flatMap { $0.type.listNames } + own)
  }
}
