import Experiments
import Foundation
import Testing

@Suite struct RunStoreTests {
  let folder: TemporaryFolder
  let experiment: Experiment
  var run: Experiment.Run { experiment.runs[0] }

  init() throws {
    folder = try TemporaryFolder()
    experiment = try Experiment(yaml: smallFile, file: "small.yaml")
  }

  private func store(warn: @escaping @Sendable (String) -> Void = { _ in }) -> RunStore {
    RunStore(runs: folder.url, experiment: "small", warn: warn)
  }

  private func finishedRecord() -> RunRecord {
    var record = RunRecord(run, machine: sampleMachine, threads: 2)
    record.status = .finished
    record.evaluations = [
      sampleEvaluation(step: 5, accuracy: 1.0 / 3), sampleEvaluation(step: 10, accuracy: 0.1),
    ]
    record.evaluations[1].trainingLoss = .nan
    record.test = sampleEvaluation(step: 10, accuracy: 0.7)
    record.throughput = .init(sequencesPerSecond: 812.5, seconds: 3.25)
    record.parameters = 42
    record.finished = record.started
    return record
  }

  @Test func roundTrip() throws {
    let store = store()
    #expect(try store.record(of: run) == nil)
    let record = finishedRecord()
    try store.save(record, of: run)
    let read = try #require(try store.record(of: run))
    #expect(read.configuration == record.configuration)
    #expect(read.evaluations[0] == record.evaluations[0])
    #expect(read.evaluations[1].trainingLoss.isNaN)
    #expect(read.test == record.test)
    #expect(read.throughput == record.throughput)
    #expect(read.isDone && read.format == 1 && read.threads == 2 && read.parameters == 42)
    #expect(read.blasCore == "Generic" && read.commit == "0123456789ab")
    let names = try FileManager.default.contentsOfDirectory(atPath: store.folder.path)
    #expect(names == ["\(run.hash).json"])
  }

  @Test func damagedRecordIsSetAside() throws {
    let warnings = Warnings()
    let store = store(warn: warnings.add)
    try store.save(finishedRecord(), of: run)
    let url = store.url(of: run.hash)
    let whole = try Data(contentsOf: url)
    for data in [Data(), whole.prefix(whole.count / 2), Data("{}".utf8), Data([0xff, 0x00])] {
      try data.write(to: url)
      #expect(try store.record(of: run) == nil)
      #expect(!FileManager.default.fileExists(atPath: url.path))
    }
    // A digit that was changed later.
    let text = String(decoding: whole, as: UTF8.self)
    try Data(text.replacing("\"accuracy\" : 0.7", with: "\"accuracy\" : 0.8").utf8).write(to: url)
    #expect(try store.record(of: run) == nil)
    #expect(warnings.all.count == 5)
    #expect(warnings.all.last?.contains("checksum") == true)
    let names = try FileManager.default.contentsOfDirectory(atPath: store.folder.path).sorted()
    #expect(
      names == ["", "-2", "-3", "-4", "-5"].map { "\(run.hash).json.damaged\($0)" })
    #expect(
      try Data(contentsOf: url.appendingPathExtension("damaged-2")) == whole.prefix(whole.count / 2)
    )
    #expect(warnings.all[0].contains("\(run.hash).json.damaged"))
  }

  @Test func otherFormatIsRefused() throws {
    let store = store()
    var record = finishedRecord()
    record.format = 2
    try store.save(record, of: run)
    let error = #expect(throws: RecordError.self) { try store.record(of: run) }
    #expect(error?.description.contains("format 2") == true)
    #expect(error?.description.contains("move the file away") == true)
  }

  @Test(arguments: ["3", "9"])
  func changedFormatIsDamage(_ digit: String) throws {
    let warnings = Warnings()
    let store = store(warn: warnings.add)
    try store.save(finishedRecord(), of: run)
    let url = store.url(of: run.hash)
    let text = try String(contentsOf: url, encoding: .utf8)
    let changed = text.replacing("\"format\" : 1", with: "\"format\" : \(digit)")
    #expect(changed != text)
    try Data(changed.utf8).write(to: url)
    #expect(try store.record(of: run) == nil)
    #expect(warnings.all.count == 1 && warnings.all[0].contains("checksum"))
  }

  @Test func folderInPlaceOfARecordIsNamed() throws {
    let (store, url) = (store(), store().url(of: run.hash))
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    let error = #expect(throws: RecordError.self) { try store.record(of: run) }
    #expect(error?.description.hasPrefix("\(url.path): ") == true)
    #expect(error?.description.contains("is not a regular file") == true)
  }

  @Test func otherConfigurationIsRefused() throws {
    let store = store()
    try store.save(finishedRecord(), of: experiment.runs[1])
    #expect(throws: RecordError.self) { try store.record(of: experiment.runs[1]) }
  }
}

/// Collects warnings from any thread.
final class Warnings: @unchecked Sendable {
  private let lock = NSLock()
  private var messages: [String] = []
  var all: [String] { lock.withLock { messages } }
  func add(_ message: String) { lock.withLock { messages.append(message) } }
}
