import ExperimentSamples
import Experiments
import Foundation
import Records
import Storage
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

  /// Saves a checkpoint of a run after one step.
  @discardableResult private func saveCheckpoint(
    _ index: Int, _ folder: TemporaryFolder
  ) throws -> Data {
    let run = experiment.runs[index]
    let url = store(folder).checkpoint(of: run.hash)
    _ = try Trainer(run.configuration, checkpoint: url).run { _ in .pause }
    return try Data(contentsOf: url)
  }

  private func merge() throws -> RecordMerge {
    var merge = RecordMerge(into: here.url)
    try merge.add(there.url)
    return merge
  }

  /// A file stands here where the folder of one of two experiments should be.
  @Test func aBlockedFolderKeepsOthersNotOut() throws {
    try save(record(0), 0, there)
    let other = RunStore(runs: there.url, experiment: "another")
    try other.save(record(1), of: experiment.runs[1])
    try Data().write(to: here.url.appending(path: "another"))
    let merge = try merge()
    #expect(merge.added.count == 1)
    #expect(merge.problems.count == 1 && merge.problems[0].contains("another: is not a folder"))
  }

  @Test func newOnesAreAddedWithTheirFiles() throws {
    try save(record(0), 0, here)
    try save(record(1), 1, there)
    try save(record(2, .paused), 2, there)
    let checkpoint = try saveCheckpoint(2, there)
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

  /// Theirs is further, but its checkpoint or its weights are damaged.
  @Test func damagedTensorsThereDoNotReplaceOurs() throws {
    for (index, status) in [RunRecord.Status.paused, .finished].enumerated() {
      let hash = experiment.runs[index].hash
      try save(record(index, .paused, steps: 5), index, here)
      try save(record(index, status, steps: 8), index, there)
      let ours = try saveCheckpoint(index, here)
      let theirs =
        status == .paused ? store(there).checkpoint(of: hash) : store(there).weights(of: hash)
      let trainer = try Trainer(
        experiment.runs[index].configuration, checkpoint: store(here).checkpoint(of: hash))
      if status == .finished {
        try trainer.writeWeights(to: theirs)
      } else {
        try ours.write(to: theirs)
      }
      let whole = try Data(contentsOf: theirs)
      for damaged in [whole.dropLast(), whole.prefix(20), Data(), whole.dropLast() + [7, 7]] {
        try Data(damaged).write(to: theirs)
        let merge = try merge()
        #expect(merge.updated.isEmpty && merge.problems.contains { $0.hasPrefix(theirs.path) })
        #expect(try Data(contentsOf: store(here).checkpoint(of: hash)) == ours)
        #expect(try store(here).record(of: experiment.runs[index])?.evaluations.last?.step == 5)
      }
      try whole.write(to: theirs)
      let united = try merge()
      #expect(united.updated.count == 1 && united.problems.isEmpty, "\(united.problems)")
      let names = try FileManager.default.contentsOfDirectory(atPath: store(here).folder.path)
      #expect(!names.contains { $0.hasSuffix(".partial") }, "\(names)")
      try FileManager.default.removeItem(at: store(there).folder)
    }
  }

  /// Weights that could not be taken with the record come later, and replace ours that are cut.
  @Test func weightsComeToARecordThatIsHere() throws {
    let run = experiment.runs[0]
    for folder in [here, there] { try save(record(0, .finished), 0, folder) }
    try saveCheckpoint(0, there)
    let (ours, theirs) = (store(here).weights(of: run.hash), store(there).weights(of: run.hash))
    try Trainer(run.configuration, checkpoint: store(there).checkpoint(of: run.hash))
      .writeWeights(to: theirs)
    let whole = try Data(contentsOf: theirs)
    for damaged in [nil, whole.dropLast()] {
      try damaged?.write(to: ours)
      let merge = try merge()
      #expect(merge.updated.count == 1 && merge.problems.isEmpty, "\(merge.problems)")
      #expect(try Data(contentsOf: ours) == whole)
    }
    // Ours are whole, theirs are not.
    try whole.dropLast().write(to: theirs)
    let merge = try merge()
    #expect(merge.kept == 1 && merge.problems.isEmpty, "\(merge.problems)")
    #expect(try Data(contentsOf: ours) == whole)
  }

  /// Links, pipes and giant files there, and a link where our file should be, are named; the rest is united.
  @Test func onlyRegularFilesAreTaken() throws {
    for index in 0...5 { try save(record(index, .paused), index, there) }
    let (here, there) = (store(here), store(there))
    let hashes = experiment.runs.map(\.hash)
    let files = FileManager.default
    // Another file of the reader, which is a good checkpoint of that run.
    let secret = self.there.url.appending(path: "secret")
    let checkpoint = try saveCheckpoint(0, self.there)
    try files.moveItem(at: there.checkpoint(of: hashes[0]), to: secret)
    try files.createSymbolicLink(
      at: there.checkpoint(of: hashes[0]), withDestinationURL: secret)
    #expect(mkfifo(there.checkpoint(of: hashes[1]).path, 0o600) == 0)
    try files.removeItem(at: there.url(of: hashes[2]))
    #expect(mkfifo(there.url(of: hashes[2]).path, 0o600) == 0)
    for url in [there.url(of: hashes[3]), there.checkpoint(of: hashes[4])] {
      if !files.fileExists(atPath: url.path) { try Data().write(to: url) }
      #expect(truncate(url.path, 1 << 40) == 0)
    }
    try makeFolder(here.folder)
    try saveCheckpoint(5, self.there)
    try files.createSymbolicLink(
      at: here.checkpoint(of: hashes[5]), withDestinationURL: secret)
    let more = try saveRecordOfAnotherRun(there)
    let merge = try merge()
    let named = [
      there.checkpoint(of: hashes[0]), there.checkpoint(of: hashes[1]), there.url(of: hashes[2]),
      there.url(of: hashes[3]), there.checkpoint(of: hashes[4]), here.checkpoint(of: hashes[5]),
    ]
    for url in named {
      #expect(merge.problems.contains { $0.contains(url.path) }, "\(url.path): \(merge.problems)")
    }
    #expect(merge.problems.count == named.count, "\(merge.problems)")
    #expect(files.fileExists(atPath: here.url(of: more).path))
    #expect(try Data(contentsOf: secret) == checkpoint)
    let names = try files.contentsOfDirectory(atPath: here.folder.path)
    #expect(!names.contains { $0.hasSuffix(".partial") }, "\(names)")
    #expect(names.filter { $0.contains("checkpoint") } == [named[5].lastPathComponent])
  }

  private func saveRecordOfAnotherRun(_ store: RunStore) throws -> String {
    let run = experiment.runs[6]
    try store.save(record(6), of: run)
    return run.hash
  }

  @Test func foldersWithoutRecordsAreRefused() throws {
    var merge = RecordMerge(into: here.url)
    #expect(throws: (any Error).self) { try merge.add(there.url) }
    #expect(throws: (any Error).self) { try merge.add(there.url.appendingPathComponent("none")) }
    try save(record(0), 0, here)
    try merge.add(here.url)
    #expect(merge.problems.last?.contains("is the folder that the records are merged into") == true)
  }
}
