import Experiments
import Foundation
import Records
import Results
import Storage
import Support

/// Makes an experiment's page from its records, once or as often as they change.
package struct ReportMaker {
  package let experiment: Experiment
  package let store: RunStore
  private let source: String
  private let arguments: [String]
  private let drawings: [ExperimentChart]
  /// Charts that have not changed since are not drawn again.
  private let pictures = PagePictures()

  /// - Parameter arguments: the settings that replace those of the file, as they were typed.
  package init(_ experiment: Experiment, _ store: RunStore, arguments: [String]) throws {
    (self.experiment, self.store, self.arguments) = (experiment, store, arguments)
    source = try String(contentsOf: URL(filePath: experiment.file), encoding: .utf8)
    drawings = try experiment.root.locating {
      try experiment.charts.map { try ExperimentChart(kind: $0) }
    }
  }

  package func table() throws -> ResultTable {
    let records = store.readable(experiment.configurations.flatMap(\.runs))
    return try ResultTable(experiment, published: experiment.publishedTable()) {
      // Warnings and errors come in the order of the runs.
      try records[$0.hash] ?? store.record(of: $0)
    }
  }

  package func page(_ table: ResultTable, watching folder: String? = nil) throws
    -> ReportPage.Content
  {
    let study = try CapacityStudy(table.lines.map(\.result), of: experiment)
    let charts =
      try table.hasScores
      ? drawings.compactMap { try $0.chart(of: table, study, experiment, width: .column) } : []
    return try ReportPage(
      experiment, table: table, source: source, arguments: arguments, charts: charts,
      pictures: pictures
    ).content(watching: folder)
  }
}

/// Follows a sweep: writes the page anew when a record changes, until all runs are done or it is interrupted. An open page
/// finds what is new in the folder `live` beside it.
package struct ReportWatch {
  private static let live = "live"
  private let maker: ReportMaker
  private let folder: URL
  private let isInterrupted: () -> Bool
  /// Seconds between two looks at the records.
  private let interval = 1.0

  package init(_ maker: ReportMaker, folder: URL, isInterrupted: @escaping () -> Bool) {
    (self.maker, self.folder, self.isInterrupted) = (maker, folder, isInterrupted)
  }

  /// - Parameter begun: is called when there is a page to open.
  /// - Returns: whether all runs are done.
  package func follow(begun: (URL) throws -> Void) throws -> Bool {
    let live = folder.appending(path: Self.live, directoryHint: .isDirectory)
    let index = folder.appending(path: "index.html")
    try makeFolder(live)
    var seen: [String: [Int]]?
    while true {
      let now = records()
      var isDone = false
      if now != seen {
        let table = try maker.table()
        isDone = table.isDone
        try write(maker.page(table, watching: Self.live), to: live, index)
        if seen == nil { try begun(index) }
        seen = now
      }
      if isDone || isInterrupted() || !wait() {
        let table = try maker.table()
        // A page that is opened from now on does not change; one that is open learns that this was all.
        let last = try maker.page(table)
        try write(last, to: live, index, isEnded: true)
        return table.isDone
      }
    }
  }

  /// Waits for the next look; false if it was interrupted.
  private func wait() -> Bool {
    let end = Date(timeIntervalSinceNow: interval)
    while Date() < end, !isInterrupted() { usleep(50_000) }
    return !isInterrupted()
  }

  /// Each record's file with a value that changes whenever it does.
  private func records() -> [String: [Int]] {
    let folder = maker.store.folder
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".json") }.reduce(into: [:]) { signatures, name in
      signatures[name] = maker.store.signature(of: folder.appending(path: name))
    }
  }

  /// The small file comes last: it tells open pages to read the other one.
  private func write(
    _ page: ReportPage.Content, to live: URL, _ index: URL, isEnded: Bool = false
  ) throws {
    try AtomicFile.write(Data(page.html.utf8), to: index)
    try AtomicFile.write(Data(page.update().utf8), to: live.appending(path: "page.js"))
    let latest = "recallLatest(\"\(page.stamp)\", \(isEnded));\n"
    try AtomicFile.write(Data(latest.utf8), to: live.appending(path: "latest.js"))
  }
}

extension ResultTable {
  /// Whether nothing is left to train or to score.
  fileprivate var isDone: Bool {
    lines.allSatisfy { $0.result.isComplete && $0.result.unscored.isEmpty }
  }
}
