import ExperimentSamples
import Experiments
import Foundation
import Records
import Storage
import Support
import Testing
import Training

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

  /// With the right checksum: shares beyond 0…1 are damage, losses may be anything.
  @Test func scoresThatCannotBeAreDamage() throws {
    func problem(_ change: (inout Evaluation) -> Void) throws -> String? {
      let warnings = Messages()
      let store = store(warn: warnings.add)
      var record = finishedRecord()
      change(&record.test!)
      try store.save(record, of: run)
      _ = try store.record(of: run)
      return warnings.all.first
    }
    for value in [1e300, -0.1, .nan, .infinity, -.infinity] {
      for change in [
        { $0.accuracy = value }, { $0.exactMatch = value },
        { $0.accuracyByDifficulty["3"] = value },
      ] as [(inout Evaluation) -> Void] {
        let problem = try #require(try problem(change))
        #expect(problem.contains("is \(value); allowed: 0 to 1"), "\(problem)")
      }
      #expect(try problem { ($0.loss, $0.trainingLoss) = (value, value) } == nil)
    }
    #expect(try problem { $0.step = -1 }?.contains("negative") == true)
  }

  /// In words, with the place; the checksum is right.
  @Test func whatARecordLacksIsNamed() throws {
    let store = store()
    try store.save(finishedRecord(), of: run)
    let url = store.url(of: run.hash)
    func problem(_ change: (inout [String: SettingValue]) -> Void) throws -> String {
      guard case .object(var values) = try SettingValue(json: Data(contentsOf: url)) else {
        return ""
      }
      change(&values)
      values["checksum"] = nil
      values["checksum"] = .string(SettingValue.object(values).fingerprint)
      let other = url.deletingLastPathComponent().appending(path: "other.json")
      try Data(SettingValue.object(values).canonicalJSON.utf8).write(to: other)
      let error = #expect(throws: FileError.self) { try RunRecord(contentsOf: other) }
      return error?.problem ?? ""
    }
    #expect(try problem { $0["threads"] = nil } == "damaged: threads is missing")
    #expect(try problem { $0["threads"] = "x" } == "damaged: threads is not of type Int")
    #expect(try problem { $0["evaluations"] = [["step": 1]] }.contains("evaluations[0]."))
    #expect(try problem { $0["configuration"] = [:] }.hasPrefix("damaged: configuration"))
  }

  /// A reader must not rename files that others may still use.
  @Test func damagedRecordIsNamedOnceAndLeftByReaders() throws {
    let warnings = Messages()
    let store = store(warn: warnings.add)
    try store.save(finishedRecord(), of: run)
    let url = store.url(of: run.hash)
    let half = try Data(contentsOf: url).prefix(200)
    try half.write(to: url)
    for _ in 0..<3 { #expect(try store.record(of: run) == nil) }
    #expect(warnings.all.count == 1 && warnings.all[0].hasPrefix("\(url.path) cannot be used ("))
    #expect(warnings.all[0].contains("recall run renames it"))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: store.folder.path)
        == [url.lastPathComponent])
    #expect(try Data(contentsOf: url) == half)
  }

  @Test func damagedRecordIsSetAsideByTheHolderOfItsLease() throws {
    let warnings = Messages()
    let store = store(warn: warnings.add)
    let leases = LeaseManager(folder: store.folder, seconds: 100)
    defer { leases.close() }
    let lease = try #require(try leases.acquire(run.hash))
    try store.save(finishedRecord(), of: run)
    let url = store.url(of: run.hash)
    let whole = try Data(contentsOf: url)
    for data in [Data(), whole.prefix(whole.count / 2), Data("{}".utf8), Data([0xff, 0x00])] {
      try data.write(to: url)
      #expect(try store.record(of: run, holding: lease) == nil)
      #expect(!FileManager.default.fileExists(atPath: url.path))
    }
    // A changed digit, and a changed digit without a checksum.
    let text = String(decoding: whole, as: UTF8.self)
    let changed = text.replacing("\"accuracy\" : 0.7", with: "\"accuracy\" : 0.8")
    for text in [changed, changed.replacing(#/"checksum" : "\w+",/#, with: "")] {
      try Data(text.utf8).write(to: url)
      #expect(try store.record(of: run, holding: lease) == nil)
    }
    #expect(warnings.all.count == 6)
    #expect(warnings.all[4].contains("its checksum does not match what it says"))
    #expect(warnings.all[5].contains("it has no checksum"))
    let names = try FileManager.default.contentsOfDirectory(atPath: store.folder.path).sorted()
      .filter { $0 != "leases" }
    #expect(
      names == ["", "-2", "-3", "-4", "-5", "-6"].map { "\(run.hash).json.damaged\($0)" })
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
    let warnings = Messages()
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

  /// A run in bfloat16 on a processor that multiplies such numbers says so: its bits are others than elsewhere.
  @Test func instructionsForBFloat16StandInTheRecord() throws {
    for (precision, multiplies, expected) in [
      (TrainingSettings.Precision.bf16, true, "AVX-512 with AMX"), (.bf16, false, "AVX-512"),
      (.float32, true, "AVX-512"),
    ] {
      let file = smallFile.replacing("  lr:", with: "  precision: \(precision.rawValue)\n  lr:")
      let run = try Experiment(yaml: file, file: "small.yaml").runs[0]
      let machine = Machine(
        commit: "0123456789ab", cpu: "x", instructionSet: "AVX-512", blasCore: "SkylakeX",
        multipliesBFloat16: multiplies)
      #expect(RunRecord(run, machine: machine, threads: 1).instructionSet == expected)
    }
  }
}
