import Experiments
import Foundation
import Records
import Storage
import Support
import Training

/// The records of an experiment or of a folder, by configuration.
package struct RecordSet: Sendable {
  /// The folder as the user named it.
  package let path: String
  package let results: [ConfigurationResult]

  /// - Parameters:
  ///   - path: an experiment's file, whose records are in `runs`/EXPERIMENT, or a folder of records.
  ///   - warn: is called for records that cannot be read.
  ///
  /// Throws `ConfigurationError`, `FileError` or `RecordError`.
  package init(
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
      results = try experiment.results(in: store)
      guard results.contains(where: { $0.runs.contains { $0.record != nil } }) else {
        throw FileError(url, "has no records in \(store.folder.path)")
      }
    }
  }

  package init(_ path: String, results: [ConfigurationResult]) {
    (self.path, self.results) = (path, results)
  }

  private static func results(
    in folder: URL, warn: (String) -> Void
  ) throws -> [ConfigurationResult] {
    let names = try folderContents(folder)
    var records: [(run: Experiment.Run, record: RunRecord)] = []
    for name in names.sorted() where name.hasSuffix(".json") {
      let url = folder.appending(path: name)
      do {
        let record = try RunRecord(contentsOf: url)
        records.append((try Experiment.Run(of: record), record))
      } catch let error as RecordError {
        throw error
      } catch {
        let reason = error is FileError ? "\(error)" : "\(url.path) cannot be used (\(error))"
        warn("\(reason) and is left out")
      }
    }
    guard !records.isEmpty else { throw FileError(folder, "holds no records (HASH.json)") }
    records.sort { $0.run.label.compare($1.run.label, options: .numeric) == .orderedAscending }
    let byHash = Dictionary(
      records.map { ($0.run.hash, $0.record) }, uniquingKeysWith: { first, _ in first })
    return try configurations(of: records.map(\.run)).map { configuration in
      ConfigurationResult(configuration) { byHash[$0.hash] }
    }
  }

  /// Runs that differ in nothing but learning rate and seed belong to one configuration.
  private static func configurations(
    of runs: [Experiment.Run]
  ) throws -> [Experiment.Configuration] {
    try runs.grouped { try $0.configuration.identity }.enumerated().map { index, group in
      Experiment.Configuration(
        label: group.elements[0].labelOfConfiguration, row: index, axes: [], runs: group.elements)
    }
  }
}

extension Experiment.Run {
  /// The run that a record belongs to.
  init(of record: RunRecord) throws {
    self.init(
      label: record.label, row: 0, axes: [], configuration: record.configuration,
      hash: record.configuration.hash)
  }

  /// The label without the learning rate and the seed, which a sweep puts behind it.
  fileprivate var labelOfConfiguration: String {
    let rate = SettingValue.double(configuration.training.learningRate).plainText
    return label.replacing(" lr=\(rate)", with: "").replacing(
      " seed=\(configuration.seed)", with: "")
  }
}
