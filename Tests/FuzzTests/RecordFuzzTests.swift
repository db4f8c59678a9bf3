import Experiments
import FileMutations
import Foundation
import Records
import Reports
import Results
import Storage
import Support
import Testing

/// Damaged records are read, or refused with their path. None crashes the code that makes tables from records.
@Suite struct RecordFuzzTests {
  private struct Sample {
    let experiment: Experiment
    let run: Experiment.Run
    let data: Data
  }

  /// The published records of two experiments.
  private static func samples() throws -> [Sample] {
    var samples: [Sample] = []
    for name in ["matched-capacity-quick", "mqar-table-quick"] {
      let experiment = try Experiment(
        contentsOf: projectFolder.appending(path: "tasks/\(name).yaml").path)
      for run in experiment.runs {
        let url = projectFolder.appending(path: "plots/published/\(name)/\(run.hash).json")
        guard FileManager.default.fileExists(atPath: url.path) else { continue }
        samples.append(Sample(experiment: experiment, run: run, data: try Data(contentsOf: url)))
      }
    }
    return samples
  }

  @Test func damagedRecordsAreReadOrRefused() throws {
    let samples = try Self.samples()
    let mutation = RecordMutation(files: samples.map(\.data), seed: 5)
    var (read, used, refused) = (0, 0, 0)
    try FuzzFolder("record.json").run(file: mutation.file) { url, _ in
      do {
        let record = try RunRecord(contentsOf: url)
        read += 1
        let hash = record.configuration.hash
        if let sample = samples.first(where: { $0.run.hash == hash }) {
          used += 1
          try Self.use(record, as: sample)
        }
      } catch let error where Self.isExpected(error, at: url) {
        refused += 1
      }
    }
    #expect(read > 0 && used > 0 && refused > 0)
  }

  /// Makes tables and fits with this record for its run.
  private static func use(_ record: RunRecord, as sample: Sample) throws {
    let table = try ResultTable(sample.experiment, published: nil) {
      $0.hash == sample.run.hash ? record : nil
    }
    for format in [TableFormat.text, .csv, .markdown] { _ = table.text(format) }
    _ = table.runText
    _ = try CapacityStudy(table.lines.map(\.result), of: sample.experiment).text(.text)
  }

  private static func isExpected(_ error: any Error, at url: URL) -> Bool {
    switch error {
    case let error as FileError: error.description.hasPrefix(url.path)
    case let error as RecordError: error.description.hasPrefix(url.path)
    default: error is DecodingError || error is SettingsError
    }
  }
}
