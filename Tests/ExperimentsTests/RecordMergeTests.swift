import Experiments
import Foundation
import Testing
import Training

@Suite struct RecordMergeTests {
  let here: TemporaryFolder
  let there: TemporaryFolder
  let experiment: Experiment

  init() throws {
    here = try TemporaryFolder()
    there = try TemporaryFolder()
    experiment = try Experiment(yaml: smallFile, file: "small.yaml")
  }

  private func store(_ folder: TemporaryFolder) -> RunStore {
    RunStore(runs: folder.url, experiment: "small")
  }

  private func record(
    _ index: Int, _ status: RunRecord.Status = .diverged, steps: Int = 10, accuracy: Double = 0.5
  ) -> RunRecord {
    var record = RunRecord(experiment.runs[index], machine: sampleMachine, threads: 1)
    record.status = status
    record.evaluations = [sampleEvaluation(step: steps, accuracy: accuracy)]
    if status == .diverged { record.failure = .init(reason: "not finite", step: steps) }
    return record
  }

  private func save(_ record: RunRecord, _ index: Int, _ folder: TemporaryFolder) throws {
    try store(folder).save(record, of: experiment.runs[index])
  }

  private func merge() throws -> RecordMerge {
    var merge = RecordMerge(into: here.url)
    try merge.add(there.url)
    return merge
  }

  @Test func newOnesAreAddedWithTheirFiles() throws {
    try save(record(0), 0, here)
    try save(record(1), 1, there)
    try save(record(2, .paused), 2, there)
    let checkpoint = Data("checkpoint".utf8)
    try checkpoint.write(to: store(there).checkpoint(of: experiment.runs[2].hash))
    let merge = try merge()
    #expect(merge.added.count == 2 && merge.updated.isEmpty && merge.kept == 0)
    #expect(merge.problems.isEmpty)
    let records = try experiment.runs[0...2].map { try store(here).record(of: $0) }
    #expect(records.map { $0?.status } == [.diverged, .diverged, .paused])
    #expect(
      try Data(contentsOf: store(here).checkpoint(of: experiment.runs[2].hash)) == checkpoint)
    // Once more, from the experiment's folder: nothing is new.
    var again = RecordMerge(into: here.url)
    try again.add(there.url.appendingPathComponent("small"))
    #expect(again.added.isEmpty && again.updated.isEmpty && again.kept == 2)
    let names = try FileManager.default.contentsOfDirectory(atPath: store(here).folder.path)
    #expect(names.count == 4, "\(names)")
  }

  @Test func theFurtherOneIsKept() throws {
    try save(record(0, .paused, steps: 5), 0, here)
    try save(record(0, .paused, steps: 8), 0, there)
    try save(record(1, .paused, steps: 8), 1, here)
    try save(record(1, .running, steps: 5), 1, there)
    try save(record(2, .paused, steps: 8), 2, here)
    try save(record(2), 2, there)
    let merge = try merge()
    #expect(merge.updated.count == 2 && merge.kept == 1 && merge.problems.isEmpty)
    let steps = try experiment.runs[0...2].map { run in
      try store(here).record(of: run)?.evaluations.last?.step
    }
    #expect(steps == [8, 8, 10])
  }

  @Test func otherResultsAreNamedAndOursIsKept() throws {
    try save(record(0, .finished, accuracy: 0.5), 0, here)
    try save(record(0, .finished, accuracy: 0.6), 0, there)
    let merge = try merge()
    #expect(merge.problems.count == 1 && merge.problems[0].contains("another result"))
    #expect(try store(here).record(of: experiment.runs[0])?.evaluations[0].accuracy == 0.5)
  }

  @Test func damagedRecordsAreNamedAndLeftThere() throws {
    try save(record(0), 0, there)
    try save(record(1), 1, there)
    try save(record(2), 2, there)
    let urls = experiment.runs[0...2].map { store(there).url(of: $0.hash) }
    try Data(contentsOf: urls[0]).prefix(100).write(to: urls[0])
    let text = try String(contentsOf: urls[1], encoding: .utf8)
    try Data(text.replacing("not finite", with: "no memory").utf8).write(to: urls[1])
    // A record under another run's name.
    let other = store(there).url(of: experiment.runs[3].hash)
    try FileManager.default.moveItem(at: urls[2], to: other)
    let merge = try merge()
    #expect(merge.added.isEmpty && merge.problems.count == 3)
    for url in [urls[0], urls[1], other] {
      #expect(merge.problems.contains { $0.hasPrefix(url.path) }, "\(merge.problems)")
      #expect(FileManager.default.fileExists(atPath: url.path))
    }
  }

  @Test func damagedRecordHereIsSetAsideForAGoodOne() throws {
    for index in 0...2 { try save(record(index), index, here) }
    try save(record(0), 0, there)
    try save(record(1, .paused, steps: 5), 1, there)
    try save(record(2, .paused, steps: 5), 2, there)
    let urls = experiment.runs[0...2].map { store(here).url(of: $0.hash) }
    for url in urls { try Data(contentsOf: url).prefix(100).write(to: url) }
    let damaged = try Data(contentsOf: urls[0])
    // It may be further than theirs.
    let checkpoint = store(here).checkpoint(of: experiment.runs[2].hash)
    try Data("checkpoint".utf8).write(to: checkpoint)
    let merge = try merge()
    #expect(merge.updated.count == 2 && merge.added.isEmpty)
    #expect(merge.problems.count == 1 && merge.problems.allSatisfy { $0.hasPrefix(urls[2].path) })
    #expect(try store(here).record(of: experiment.runs[0])?.status == .diverged)
    #expect(try store(here).record(of: experiment.runs[1])?.status == .paused)
    #expect(try Data(contentsOf: urls[0].appendingPathExtension("damaged")) == damaged)
    #expect(FileManager.default.fileExists(atPath: urls[2].path))
    #expect(try Data(contentsOf: checkpoint) == Data("checkpoint".utf8))
  }

  @Test func foldersWithoutRecordsAreRefused() throws {
    var merge = RecordMerge(into: here.url)
    #expect(throws: (any Error).self) { try merge.add(there.url) }
    #expect(throws: (any Error).self) { try merge.add(there.url.appendingPathComponent("none")) }
    try save(record(0), 0, here)
    #expect(throws: (any Error).self) { try merge.add(here.url) }
  }
}
