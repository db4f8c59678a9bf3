import Experiments
import Foundation
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
  package init(_ name: String, in folders: [URL]) throws {
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
        "published", name,
        allowed: "the name of a CSV file in plots/tables or plots/published (\(names))")
    }
    do {
      try self.init(name, csv: try InputFile.text(path, isPipeRead: false))
    } catch let problem as InputFile.Problem {
      throw SettingsError(
        "published", name, allowed: "a table that can be read: \(path) \(problem)")
    }
  }

  /// Reads one of the tables that come with the program.
  package init(ofPackage name: String) throws {
    try self.init(name, in: [PlotFolder.find().appendingPathComponent("tables")])
  }

  package init(_ name: String, csv: String) throws {
    let lines = csv.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    let comments = lines.prefix { $0.hasPrefix("#") || $0.isEmpty }
    let rows = CSV.rows(lines.dropFirst(comments.count).joined(separator: "\n"))
    guard let table = rows, let columns = table.first,
      table.allSatisfy({ $0.count == columns.count })
    else {
      throw SettingsError("published", name, allowed: "CSV with as many values in every line")
    }
    self.name = name
    source = comments.map { $0.drop { "# ".contains($0) } }.joined(separator: " ").oneLine
    self.columns = columns
    if let index = columns.indices.first(where: { columns[..<$0].contains(columns[$0]) }) {
      throw SettingsError(
        "published", name,
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

extension Experiment {
  /// The table that `table: {published: NAME}` names, or nil.
  ///
  /// It is looked for in the project that the experiment's file is in (`tasks/x.yaml` beside
  /// `plots/tables/NAME.csv` or `plots/published/NAME.csv`), then among the tables that come with the program.
  package func publishedTable() throws -> PublishedTable? {
    guard !table.published.isEmpty else { return nil }
    let plots = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("plots")
    let own = ["tables", "published"].map { plots.appendingPathComponent($0) }
    let packaged = (try? PlotFolder.find()).map { [$0.appendingPathComponent("tables")] } ?? []
    return try (root["table"] ?? root).locating {
      try PublishedTable(table.published, in: own + packaged.filter { !own.contains($0) })
    }
  }
}
