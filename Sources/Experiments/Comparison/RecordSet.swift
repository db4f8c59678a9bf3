import Foundation
import Storage
import Support
import Training

/// The records of an experiment, or of a folder, by cell.
public struct RecordSet: Sendable {
  /// As the user named it.
  public let path: String
  public let results: [CellResult]

  /// - Parameters:
  ///   - path: an experiment's file, whose records are in `runs`/EXPERIMENT, or a folder of records.
  ///   - warn: is told of records that cannot be read.
  ///
  /// Throws `ConfigurationError`, `FileError` or `RecordError`.
  public init(
    _ path: String, runs: URL, warn: @escaping @Sendable (String) -> Void
  ) throws {
    self.path = path
    let url = URL(filePath: path)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FileError(url, "there is no such experiment or folder of records")
    }
    if isFolder.boolValue {
      results = try Self.results(in: url, warn: warn)
    } else {
      let experiment = try Experiment(contentsOf: path)
      let store = RunStore(runs: runs, experiment: experiment.name, warn: warn)
      results = try experiment.cells.map { try CellResult($0, record: store.record) }
      guard results.contains(where: { $0.points.contains { $0.record != nil } }) else {
        throw FileError(url, "has no records in \(store.folder.path)")
      }
    }
  }

  package init(_ path: String, results: [CellResult]) {
    (self.path, self.results) = (path, results)
  }

  private static func results(
    in folder: URL, warn: (String) -> Void
  ) throws -> [CellResult] {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    var records: [(run: Experiment.Run, record: RunRecord)] = []
    for name in names.sorted() where name.hasSuffix(".json") {
      let url = folder.appending(path: name)
      do {
        let record = try RunRecord(contentsOf: url)
        records.append((try Experiment.Run(of: record), record))
      } catch let error as RecordError {
        throw error
      } catch {
        warn("\(url.path) is left out, as it cannot be read (\(error))")
      }
    }
    guard !records.isEmpty else { throw FileError(folder, "holds no records (HASH.json)") }
    records.sort { $0.run.label.compare($1.run.label, options: .numeric) == .orderedAscending }
    let byHash = Dictionary(
      records.map { ($0.run.hash, $0.record) }, uniquingKeysWith: { first, _ in first })
    return try cells(of: records.map(\.run)).map { cell in CellResult(cell) { byHash[$0.hash] } }
  }

  /// Runs that differ in nothing but learning rate and seed are of one cell.
  private static func cells(of runs: [Experiment.Run]) throws -> [Cell] {
    var order: [String] = []
    var groups: [String: [Experiment.Run]] = [:]
    for run in runs {
      let identity = try Cell(label: "", row: 0, axes: [], runs: [run]).identity
      if groups[identity] == nil { order.append(identity) }
      groups[identity, default: []].append(run)
    }
    return order.enumerated().map { index, identity in
      let runs = groups[identity]!
      return Cell(label: runs[0].labelOfCell, row: index, axes: [], runs: runs)
    }
  }
}

extension Experiment.Run {
  /// The run that a record is of.
  init(of record: RunRecord) throws {
    self.init(
      label: record.label, row: 0, axes: [], configuration: record.configuration,
      hash: try record.configuration.hash)
  }

  /// The label without the learning rate and the seed that a sweep puts after it.
  fileprivate var labelOfCell: String {
    let rate = SettingValue.double(configuration.training.learningRate).plainText
    return label.replacing(" lr=\(rate)", with: "").replacing(
      " seed=\(configuration.seed)", with: "")
  }
}
