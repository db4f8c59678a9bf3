import Experiments
import Foundation
import Storage
import Support
import Synchronization
import Testing
import Training

/// Damaged records: each is read or refused with its path; none crashes what makes tables of it.
@Suite struct RecordFuzzTests {
  /// The published experiments whose runs have records, and those records by hash.
  private static func records() throws -> [(run: Experiment.Run, of: Experiment, data: Data)] {
    try ["matched-capacity-quick", "mqar-table-quick", "state-size-quick"].flatMap { name in
      let experiment = try Experiment(
        contentsOf: projectFolder.appending(path: "tasks/\(name).yaml").path)
      let folder = projectFolder.appending(path: "plots/published/\(name)")
      return try experiment.runs.compactMap {
        run -> (run: Experiment.Run, of: Experiment, data: Data)? in
        let url = folder.appending(path: "\(run.hash).json")
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        return (run, experiment, try Data(contentsOf: url))
      }
    }
  }

  @Test func damagedRecordsAreReadOrRefused() throws {
    let records = try Self.records()
    let mutation = RecordMutation(files: records.map(\.data), seed: 5)
    var (read, refused) = (0, 0)
    let fuzz = try FuzzFolder("record.json")
    try fuzz.run { trial in
      try mutation.file(trial: trial).data
    } read: { url, data in
      do {
        _ = try RunRecord(contentsOf: url)
        read += 1
      } catch let error where Self.isExpected(error, at: url) {
        refused += 1
      }
      return nil
    }
    #expect(read > 0 && refused > 0)
  }

  private static func isExpected(_ error: any Error, at url: URL) -> Bool {
    switch error {
    case let error as FileError: error.description.hasPrefix(url.path)
    case let error as RecordError: error.description.hasPrefix(url.path)
    default: error is DecodingError || error is SettingsError
    }
  }

  /// A record of the right run whose other values are damaged goes into tables.
  @Test func damagedRecordsInTables() throws {
    let records = try Self.records()
    var (used, warned) = (0, 0)
    let folder = FileManager.default.temporaryDirectory.appending(path: "fuzz-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let end = ContinuousClock.now + .seconds(FuzzFolder.seconds)
    var trial = 0
    repeat {
      trial += 1
      var damage = Damage(seed: 6, trial: trial)
      let (run, experiment, data) = damage.pick(records)
      let mutation = RecordMutation(files: [data], seed: 7)
      let warnings = Mutex<[String]>([])
      let store = RunStore(runs: folder, experiment: experiment.name) { text in
        warnings.withLock { $0.append(text) }
      }
      let url = store.url(of: run.hash)
      try FileManager.default.createDirectory(at: store.folder, withIntermediateDirectories: true)
      try mutation.file(trial: trial).data.write(to: url)
      do {
        let record = try store.record(of: run)
        if record != nil { used += 1 }
        let table = try ResultTable(experiment, published: nil) {
          $0.hash == run.hash ? record : nil
        }
        _ = table.text(.text)
        _ = try CapacityStudy(table.lines.map(\.result), of: experiment).text(.text)
      } catch let error as RecordError {
        #expect(error.description.contains(url.path))
      }
      for text in warnings.withLock(\.self) {
        warned += 1
        #expect(text.contains(url.path))
      }
      try FileManager.default.removeItem(at: url)
    } while ContinuousClock.now < end
    #expect(used > 0 && warned > 0)
  }
}
