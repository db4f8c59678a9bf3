import Capacity
import Foundation
import Support
import Training
import YAML

extension Experiment {
  static let keys =
    ["experiment", "question", "expected_minutes", "presets", "use"] + Presets.keys
    + ["rows", "table", "chart", "measure"]
  static let rowKeys = ["label", "use"] + Presets.keys + ["published"]

  /// Reads an experiment. Throws `ConfigurationError` with the position of the first mistake. Keys of the file that begin
  /// with `x-` are for anchors, and mean nothing else.
  ///
  /// - Parameter overrides: settings such as "training.lr=1e-2", which replace those of the file in every row.
  public init(contentsOf path: String, overrides: [String] = []) throws {
    try self.init(ConfigurationNode(contentsOf: path), overrides)
  }

  public init(yaml: String, file: String, overrides: [String] = []) throws {
    try self.init(ConfigurationNode(yaml: yaml, file: file), overrides)
  }

  init(_ root: ConfigurationNode, _ overrides: [String]) throws {
    let overrides = try overrides.map { try Override($0) }
    var unused = Set(overrides.indices)
    let root = root.withoutAnchors
    try root.checkKeys("experiment", known: Self.keys)
    self.root = root
    file = root.mark.file
    name = try Self.name(root)
    question = try (root["question"]?.text("question") ?? "")
      .oneLine
    expectedMinutes = try root["expected_minutes"].map(Self.minutes)
    charts = try root["chart"].map(Self.charts) ?? []
    measures = try root["measure"].map(Self.measures) ?? []
    table = try root["table"].map(Self.tableSettings) ?? TableSettings()

    let presets = try Presets(root["presets"])
    let base = try presets.expanded(root)
    let rowNodes = try root["rows"]?.list("rows") ?? [ConfigurationNode(.group([]), at: root.mark)]
    guard !rowNodes.isEmpty else {
      throw root["rows"]!.wrong("rows", allowed: "at least one row")
    }
    var rows: [Row] = []
    var runs: [Run] = []
    var skipped: [SkippedRun] = []
    /// The line of each label's row, and the index of each run by its hash.
    var (lines, indices): ([String: Int], [String: Int]) = ([:], [:])
    var seenSkips: Set<SkippedRun> = []
    for (index, node) in rowNodes.enumerated() {
      try node.checkKeys("rows", known: Self.rowKeys)
      var combined = try base.merged(with: presets.expanded(node))
      for (index, override) in overrides.enumerated() {
        guard let changed = try override.applied(to: combined) else { continue }
        combined = changed
        unused.remove(index)
      }
      let row = Row(
        label: try node["label"].map { try Self.label($0, of: combined) }
          ?? Self.defaultLabel(combined, name: name),
        published: try node["published"].map(Self.published),
        searchSeeds: try combined["search_seeds"]?.integer("search_seeds", atLeast: 1),
        mark: node.mark)
      if let line = lines.updateValue(node.mark.line, forKey: row.label) {
        throw (node["label"] ?? node).wrong(
          "label", allowed: "a label of its own (line \(line) has the same)")
      }
      rows.append(row)
      let points = try Sweep(combined).points
      guard runs.count + points.count <= Sweep.mostRuns else {
        throw ConfigurationError(
          node.mark, "rows: up to here more runs than the \(Sweep.mostRuns) that are allowed")
      }
      var reader = PointReader()
      for point in points {
        func skip(_ reason: String) {
          let label = Self.labelOfSkipped(row.label, axes: point.axes)
          let skip = SkippedRun(label: label, reason: reason)
          if seenSkips.insert(skip).inserted { skipped.append(skip) }
        }
        let reading = try reader.read(point)
        switch reading.matched {
        case .skipped(let reason): skip(reason)
        case .run(let configuration, let match):
          let run = Run(
            point, row: index, label: row.label, configuration, match, recipe: reading.recipe,
            hash: reading.hash!)
          // Two wanted ratios may have one nearest model.
          if match != nil, let same = indices[run.hash].map({ runs[$0] }) {
            skip(
              "the same model as \"\(Self.label(rows[same.row].label, axes: same.axes.ofConfiguration))\""
            )
          } else {
            indices[run.hash] = indices[run.hash] ?? runs.count
            runs.append(run)
          }
        }
      }
    }
    if let index = unused.min() { throw overrides[index].unknown() }
    try presets.checkKeys()
    self.rows = rows
    self.runs = runs
    configurations = Self.configurations(of: runs, in: rows)
    self.skipped = skipped
    guard !runs.isEmpty else {
      throw ConfigurationError(
        (root["match"] ?? root).mark,
        "match: no run can meet it; \(skipped[0].label): \(skipped[0].reason)")
    }
    try checkDuplicates()
  }

  /// The most characters of a label, a title or a note: more would fit neither a table nor a chart.
  static let mostCharacters = 200

  private static func name(_ root: ConfigurationNode) throws -> String {
    let fileName = URL(fileURLWithPath: root.mark.file).deletingPathExtension().lastPathComponent
    let name = try root["experiment"]?.text("experiment") ?? fileName
    guard isName(name) else {
      guard let node = root["experiment"] else {
        throw ConfigurationError(
          root.mark,
          "experiment: is missing, and the file's name cannot stand for it; give \(allowedName)")
      }
      throw node.wrong("experiment", allowed: allowedName)
    }
    return name
  }

  package static let allowedName =
    "a letter, then letters, digits, '-', '_', '.', at most 100 (it names a folder)"

  /// Whether an experiment may have this name.
  package static func isName(_ name: String) -> Bool {
    name.first?.isLetter == true && name.count <= 100
      && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
  }

  private static func minutes(_ node: ConfigurationNode) throws -> Double {
    let (minutes, most) = (try node.number("expected_minutes"), 1e9)
    guard (0...most).contains(minutes) else {
      throw node.wrong("expected_minutes", allowed: "0 to \(Int(most))")
    }
    return minutes
  }

  private static func tableSettings(_ node: ConfigurationNode) throws -> TableSettings {
    try node.checkKeys("table", known: TableSettings.names, oldNames: TableSettings.oldNames)
    return try node.locating {
      var table = try TableSettings.decode(node.values)
      (table.title, table.note) = (table.title.oneLine, table.note.oneLine)
      for (key, text) in [("title", table.title), ("note", table.note)]
      where text.count > mostCharacters {
        throw SettingsError(key, text, allowed: "at most \(mostCharacters) characters")
      }
      return table
    }
  }

  /// One kind of chart, or a list of them.
  private static func charts(_ node: ConfigurationNode) throws -> [String] {
    guard case .list(let nodes) = node.content else { return [try node.text("chart")] }
    return try nodes.map { try $0.text("chart") }.distinct
  }

  /// One measure, or a list of them.
  private static func measures(_ node: ConfigurationNode) throws -> [Measure] {
    let known = Measure.allCases.map(\.rawValue)
    let nodes = if case .list(let nodes) = node.content { nodes } else { [node] }
    return try nodes.map { node in
      let name = try node.text("measure")
      guard let measure = Measure(rawValue: name) else {
        throw node.wrong(
          "measure", allowed: known.joined(separator: ", ") + nearestText(to: name, in: known))
      }
      return measure
    }.distinct
  }

  private static func defaultLabel(_ row: ConfigurationNode, name: String) -> String {
    if case .string(let kind)? = row["model"]?["kind"]?.value { kind } else { name }
  }

  private static func published(_ node: ConfigurationNode) throws -> [String: String] {
    guard case .group(let entries) = node.content else {
      throw node.wrong(
        "published", allowed: "columns of the published table, such as {model: ssd, n_layers: 4}")
    }
    return Dictionary(
      uniqueKeysWithValues: try entries.map { ($0.key, try $0.node.text($0.key)) })
  }

  /// Two runs of one configuration would share a record.
  private func checkDuplicates() throws {
    var seen: [String: Run] = [:]
    for run in runs {
      if let same = seen.updateValue(run, forKey: run.hash) {
        throw ConfigurationError(
          rows[run.row].mark,
          "the run \"\(run.label)\" is the same as \"\(same.label)\" (line "
            + "\(rows[same.row].mark.line)): nothing in its configuration differs")
      }
    }
  }
}

extension Experiment {
  /// A row's label with the values of `axes`. A value replaces its `{key}`; values without one follow the label.
  /// Of a key such as `mixers.0.d_state` the last part is enough, if no other axis ends with it.
  package static func label(_ label: String, axes: [AxisValue]) -> String {
    // A large sweep makes many labels, most of them of a text without placeholders.
    guard label.utf8.contains(UInt8(ascii: "{")) else {
      return axes.reduce(label) { "\($0) \($1.key)=\($1.text)" }
    }
    var text = label
    var unmentioned: [String] = []
    let shortKeys = axes.map(\.shortKey)
    for (axis, shortKey) in zip(axes, shortKeys) {
      let isUnique = shortKeys.count { $0 == shortKey } == 1
      let keys = [axis.key] + (isUnique ? [shortKey] : [])
      if let key = keys.first(where: { text.contains("{\($0)}") }) {
        text = text.replacingOccurrences(of: "{\(key)}", with: axis.text)
      } else {
        unmentioned.append("\(axis.key)=\(axis.text)")
      }
    }
    return ([text] + unmentioned).joined(separator: " ")
  }
}

extension Experiment {
  /// The label of a model that cannot be matched, without learning rate and seed. The setting that was to be solved for
  /// is "?".
  fileprivate static func labelOfSkipped(_ text: String, axes: [AxisValue]) -> String {
    let parts = label(text, axes: axes.ofConfiguration)
      .split(separator: "}", omittingEmptySubsequences: false)
    return parts.map { part in
      guard let start = part.lastIndex(of: "{"),
        MatchParameter(String(part[part.index(after: start)...])) != nil
      else { return part + "}" }
      return part[..<start] + "?"
    }.joined().dropLast().description
  }
}

extension Experiment.Run {
  /// The label of a run that waits for the choice of a learning rate.
  package func labelOfDeferred(in experiment: Experiment) -> String {
    let axes = axes.map { axis in
      axis.isLearningRate ? AxisValue(path: axis.path, value: .string("chosen")) : axis
    }
    return Experiment.label(experiment.rows[row].label, axes: axes)
  }

  /// The run at one point of a row's sweep. The setting that was solved for counts as an axis.
  init(
    _ point: Sweep.Point, row: Int, label: String, _ configuration: RunConfiguration,
    _ match: MatchOutcome?, recipe: Recipe.Use?, hash: String
  ) {
    let solved = match.map {
      AxisValue(path: "model.\($0.solve.rawValue)", value: $0.setting)
    }
    let axes = point.axes + (solved.map { [$0] } ?? [])
    self.init(
      label: Experiment.label(label, axes: axes), row: row, axes: axes,
      configuration: configuration, match: match, recipe: recipe, hash: hash)
  }
}
