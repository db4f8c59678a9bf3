import Foundation
import PlotFiles
import Support

/// Numbers that others published: a CSV file whose first line says where they are from.
public struct PublishedTable: Sendable {
  public let name: String
  /// The comment above the header.
  public let source: String
  public let columns: [String]
  public let lines: [[String: String]]

  /// Reads NAME.csv from the first of the folders that has it.
  public init(_ name: String, in folders: [URL]) throws {
    let files = folders.lazy.map { $0.appendingPathComponent("\(name).csv") }
    guard let text = files.compactMap({ try? String(contentsOf: $0, encoding: .utf8) }).first else {
      let known = folders.flatMap { folder in
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
          .filter { $0.hasSuffix(".csv") }.map { String($0.dropLast(4)) }
      }
      let places = folders.map(\.path).joined(separator: " or ")
      throw SettingsError(
        "published", name,
        allowed: known.isEmpty
          ? "a table in \(places), where there is none"
          : "a table in \(places): \(Set(known).sorted().joined(separator: ", "))")
    }
    try self.init(name, csv: text)
  }

  /// Reads one of the tables that come with the program.
  public init(ofPackage name: String) throws {
    try self.init(name, in: [PlotFolder.find().appendingPathComponent("tables")])
  }

  package init(_ name: String, csv: String) throws {
    let lines = csv.split(whereSeparator: \.isNewline).map(String.init)
    let table = lines.filter { !$0.hasPrefix("#") }.map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    guard let columns = table.first, table.allSatisfy({ $0.count == columns.count }) else {
      throw SettingsError("published", name, allowed: "CSV with as many values in every line")
    }
    self.name = name
    source = lines.filter { $0.hasPrefix("#") }
      .map { $0.drop { "# ".contains($0) } }.joined(separator: " ")
    self.columns = columns
    self.lines = table.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(columns, $0)) }
  }

  /// The one line with these values. Throws `SettingsError` if there is none or several.
  public func line(where values: [String: String]) throws -> [String: String] {
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
    return found[0]
  }
}

extension Experiment {
  /// The table that `table: {published: NAME}` names, or nil.
  ///
  /// It is looked for in the project that the experiment's file is in (`tasks/x.yaml` beside
  /// `plots/tables/NAME.csv` or `plots/published/NAME.csv`), then among the tables that come with the program.
  public func publishedTable() throws -> PublishedTable? {
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
