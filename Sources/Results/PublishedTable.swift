import Experiments
import Foundation
import Models
import PlotFiles
import Support

/// Numbers that others published: a CSV file whose first line names the source.
package struct PublishedTable: Sendable {
  package let name: String
  /// The comment above the header, which names the source.
  package let source: String
  package let columns: [String]
  package let lines: [[String: String]]

  /// Reads NAME.csv from the first of the folders that has it.
  ///
  /// - Parameter key: the key that names it, for errors.
  package init(_ name: String, in folders: [URL], key: String = "published") throws {
    // A name alone: a path could lead to any file.
    let files =
      name.contains("/") ? [] : folders.map { $0.appendingPathComponent("\(name).csv").path }
    guard let path = files.first(where: FileManager.default.fileExists) else {
      let known = folders.flatMap { folder in
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
          .filter { $0.hasSuffix(".csv") }.map { String($0.dropLast(4)) }
      }
      let names = known.isEmpty ? "none is there" : Set(known).sorted().joined(separator: ", ")
      throw SettingsError(
        key, name,
        allowed: "the name of a CSV file in plots/tables or plots/published (\(names))")
    }
    do {
      try self.init(name, csv: try InputFile.text(path, isPipeRead: false), key: key)
    } catch let problem as InputFile.Problem {
      throw SettingsError(
        key, name, allowed: "a table that can be read: \(path) \(problem)")
    }
  }

  /// Reads one of the tables that come with the program.
  package init(ofPackage name: String) throws {
    try self.init(name, in: [PlotFolder.find().appendingPathComponent("tables")])
  }

  package init(_ name: String, csv: String, key: String = "published") throws {
    let lines = csv.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    let comments = lines.prefix { $0.hasPrefix("#") || $0.isEmpty }
    let rows = CSV.rows(lines.dropFirst(comments.count).joined(separator: "\n"))
    guard let table = rows, let columns = table.first else {
      throw SettingsError(
        key, name, allowed: "CSV with a line of columns' names and lines of as many values")
    }
    if let row = table.first(where: { $0.count != columns.count }) {
      throw SettingsError(
        key, name,
        allowed: "CSV with as many values in every line; "
          + "\(row.joined(separator: ",")) has \(row.count), not \(columns.count)")
    }
    guard columns.contains("accuracy") else {
      throw SettingsError(
        key, name,
        allowed: "CSV with a column accuracy; its columns are \(columns.joined(separator: ", "))")
    }
    self.name = name
    source = comments.map { $0.drop { "# ".contains($0) } }.joined(separator: " ").oneLine
    self.columns = columns
    if let index = columns.indices.first(where: { columns[..<$0].contains(columns[$0]) }) {
      throw SettingsError(
        key, name,
        allowed: "CSV with a name of its own for each column; \(columns[index]) is given twice")
    }
    self.lines = table.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(columns, $0)) }
  }

  /// The one line with these values. Throws `SettingsError` if no line or several lines match.
  package func line(where values: [String: String]) throws -> [String: String] {
    for key in values.keys.sorted() where !columns.contains(key) {
      throw SettingsError.unknown(key, value: values[key]!, known: columns)
    }
    let found = lines.filter { line in values.allSatisfy { line[$0.key] == $0.value } }
    guard found.count == 1 else {
      let text = values.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
      throw SettingsError(
        "published", "{\(text.joined(separator: ", "))}",
        allowed: "values of exactly one line of \(name).csv; \(found.count) match")
    }
    if let accuracy = found[0]["accuracy"], !accuracy.isEmpty,
      !(Double(fraction: accuracy).map((0...1).contains) ?? false)
    {
      throw SettingsError(
        "accuracy", accuracy, allowed: "0 to 1, or nothing, in every line of \(name).csv")
    }
    return found[0]
  }

  /// The line that each row of the experiment names, or nil. Throws `ConfigurationError` if a row names none or several.
  package func lines(of experiment: Experiment) throws -> [[String: String]?] {
    try experiment.rows.map { row in
      do {
        return try row.published.map(line)
      } catch let error as SettingsError {
        throw ConfigurationError(row.mark, error.description)
      }
    }
  }
}

/// State sizes and accuracies that others published, for a panel beside an experiment's own.
package struct PublishedPoints: Sendable {
  package struct Point: Sendable {
    /// The kind of mixer, as in the catalogue.
    package let kind: String
    package let bytes: Double
    package let accuracy: Double
  }

  package let source: String
  package let points: [Point]

  /// From the columns kind, state_bytes and accuracy. Throws `SettingsError` for a line that is not such a point.
  package init(_ table: PublishedTable) throws {
    source = table.source
    points = try table.lines.map { line in
      func value(_ column: String, _ allowed: String) -> SettingsError {
        SettingsError(
          "published_points", "\(column) \(line[column] ?? "nothing")",
          allowed: "\(allowed) in every line of \(table.name).csv")
      }
      guard let kind = line["kind"], MixerCatalog.kinds.contains(kind) else {
        throw value("kind", "a kind of mixer")
      }
      guard let bytes = line["state_bytes"].flatMap({ Double($0) }), bytes > 0, bytes.isFinite
      else {
        throw value("state_bytes", "a number above 0")
      }
      guard let accuracy = line["accuracy"].flatMap(Double.init(fraction:)),
        (0...1).contains(accuracy)
      else { throw value("accuracy", "0 to 1") }
      return Point(kind: kind, bytes: bytes, accuracy: accuracy)
    }
  }
}

extension Experiment {
  /// The table that `table: {published: NAME}` names, or nil.
  ///
  /// It is looked for in the project that the experiment's file is in (`tasks/x.yaml` beside
  /// `plots/tables/NAME.csv` or `plots/published/NAME.csv`), then among the tables that come with the program.
  package func publishedTable() throws -> PublishedTable? {
    try publishedTable(table.published, key: "published")
  }

  /// The points that `table: {published_points: NAME}` names, or nil. Throws `ConfigurationError`.
  package func publishedPoints() throws -> PublishedPoints? {
    try (root["table"] ?? root).locating {
      try publishedTable(table.publishedPoints, key: "published_points").map(PublishedPoints.init)
    }
  }

  private func publishedTable(_ name: String, key: String) throws -> PublishedTable? {
    guard !name.isEmpty else { return nil }
    let plots = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("plots")
    let own = ["tables", "published"].map { plots.appendingPathComponent($0) }
    let packaged = (try? PlotFolder.find()).map { [$0.appendingPathComponent("tables")] } ?? []
    return try (root["table"] ?? root).locating {
      try PublishedTable(name, in: own + packaged.filter { !own.contains($0) }, key: key)
    }
  }
}
