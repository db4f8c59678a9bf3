import Experiments
import Foundation
import Models
import Storage
import Training

/// Copies the records of other folders, for example from other machines, into one folder.
///
/// The other folders are only read. A damaged record there is reported and left alone; a damaged record here is
/// renamed and replaced by a good one from there.
package struct RecordMerge: Sendable {
  /// Labels of the runs that had no record here.
  package private(set) var added: [String] = []
  /// Labels of the runs whose record there was further in training, or whose record here was damaged.
  package private(set) var updated: [String] = []
  /// How many records here stay: they equal those there, or are further in training.
  package private(set) var kept = 0
  /// One message for each record that could not be merged.
  package private(set) var problems: [String] = []

  private let runs: URL
  private let warn: @Sendable (String) -> Void

  /// - Parameters:
  ///   - runs: the folder into which records go, `runs`/EXPERIMENT/HASH.json.
  ///   - warn: is called for records that were renamed because they are damaged.
  package init(into runs: URL, warn: @escaping @Sendable (String) -> Void = { _ in }) {
    (self.runs, self.warn) = (runs, warn)
  }

  /// Adds a folder of records, or a folder that holds such folders.
  ///
  /// Throws `FileError` for a folder that is not there, holds no records, or cannot be written to.
  package mutating func add(_ source: URL) throws {
    let names = try folderContents(source)
    if names.contains(where: RecordLookup.isRecordName) { return try addExperiment(source) }
    var folders: [URL] = []
    let before = problems.count
    for name in names.sorted() {
      let folder = source.appendingPathComponent(name, isDirectory: true)
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder),
        isFolder.boolValue
      else { continue }
      do {
        if try folderContents(folder).contains(where: RecordLookup.isRecordName) {
          folders.append(folder)
        }
      } catch {
        problems.append("\(error)")
      }
    }
    guard !folders.isEmpty || problems.count > before else {
      throw FileError(source, "holds neither records (HASH.json) nor folders of records")
    }
    for folder in folders {
      do {
        try addExperiment(folder)
      } catch let error as FileError where !error.isOutOfSpace {
        // Such as a file in the place of the folder here.
        problems.append("\(error)")
      }
    }
  }

  private mutating func addExperiment(_ source: URL) throws {
    let name = source.standardizedFileURL.lastPathComponent
    let store = RunStore(runs: runs, experiment: name, warn: warn)
    let from = RunStore(
      runs: source.standardizedFileURL.deletingLastPathComponent(), experiment: name)
    if store.folder.resolvingSymlinksInPath() == source.resolvingSymlinksInPath() {
      throw FileError(source, "is the folder that the records are merged into")
    }
    try makeFolder(store.folder)
    let leases = LeaseManager(folder: store.folder, seconds: 120)
    defer { leases.close() }
    let names = try folderContents(source)
    for file in names.sorted() where RecordLookup.isRecordName(file) {
      let hash = String(file.dropLast(5))
      guard let lease = try leases.acquire(hash) else {
        problems.append("\(store.url(of: hash).path): another process is working on it")
        continue
      }
      defer { leases.release(lease) }
      do {
        try addRecord(hash, from, store, lease)
      } catch let error as FileError where error.isOutOfSpace {
        throw error
      } catch CocoaError.fileReadNoSuchFile {
        problems.append("\(from.url(of: hash).path): is gone")
      } catch {
        // The other records may be good.
        problems.append("\(error)")
      }
    }
  }

  private mutating func addRecord(
    _ hash: String, _ from: RunStore, _ store: RunStore, _ lease: Lease
  ) throws {
    // What is checked is what is written: the file is read once.
    let bytes = try RunRecord.bytes(of: from.url(of: hash), followsLinks: false)
    let theirs = try Self.checked(RunRecord(bytes, from: from.url(of: hash)), hash, from)
    let ours: RunRecord?
    let url = store.url(of: hash)
    let seen = store.signature(of: url)
    var damage: FileError?
    let isHere = FileManager.default.fileExists(atPath: url.path)
    do {
      ours = isHere ? try Self.checked(RunRecord(contentsOf: url), hash, store) : nil
    } catch let error as FileError where Self.canReplace(hash, theirs, store) {
      (ours, damage) = (nil, error)
    }
    guard let ours else {
      let isCopied = try copyTensors(hash, theirs, from, store, lease)
      if let damage {
        guard isCopied else { return }
        try store.setAside(
          url, as: seen, holding: lease, because: damage.problem,
          then: "the one in \(from.folder.path) is taken")
      }
      try write(bytes, hash, theirs, store, lease)
      if damage == nil { added.append(theirs.label) } else { updated.append(theirs.label) }
      return
    }
    if ours.isDone, theirs.isDone, !ours.agrees(with: theirs) {
      problems.append(
        "\(store.url(of: hash).path): \"\(ours.label)\" has another result here (\(ours.processor)) "
          + "than in \(from.folder.path) (\(theirs.processor)); ours is kept")
    } else if theirs.isFurther(than: ours) {
      // A record without its tensors cannot go on, so ours is better than theirs.
      guard try copyTensors(hash, theirs, from, store, lease) else { return }
      try write(bytes, hash, theirs, store, lease)
      updated.append(theirs.label)
    } else if lacksWeights(ours, theirs, hash, from, store),
      try copyTensors(hash, theirs, from, store, lease)
    {
      updated.append(theirs.label)
    } else {
      kept += 1
    }
  }

  /// Whether both records are of a finished run whose weights are there, and ours are gone or damaged. Weights of one model
  /// have one size, so that only those of another size are read.
  private func lacksWeights(
    _ ours: RunRecord, _ theirs: RunRecord, _ hash: String, _ from: RunStore, _ store: RunStore
  ) -> Bool {
    func size(_ url: URL) -> Int? {
      (try? FileManager.default.attributesOfItem(atPath: url.path)[.size]) as? Int
    }
    let weights = store.weights(of: hash)
    guard ours.status == .finished, theirs.status == .finished,
      let expected = size(from.weights(of: hash)), size(weights) != expected
    else { return false }
    let model = LanguageModel(ours.configuration.model)
    return (try? model.readWeights(from: weights, isOurs: true)) == nil
  }

  /// Whether their record may replace a damaged one here. A checkpoint here may be further than their record.
  private static func canReplace(_ hash: String, _ theirs: RunRecord, _ store: RunStore) -> Bool {
    // A record without the permission to read it is not damaged.
    guard access(store.url(of: hash).path, R_OK) == 0 else { return false }
    return theirs.isDone && theirs.status != .dropped
      || access(store.checkpoint(of: hash).path, F_OK) != 0
  }

  /// Checks that a record's configuration has the hash of its file name.
  private static func checked(
    _ record: RunRecord, _ hash: String, _ store: RunStore
  ) throws -> RunRecord {
    guard record.configuration.hash == hash else {
      throw RecordError.otherConfiguration(store.url(of: hash).path, label: record.label)
    }
    return record
  }

  /// Copies weights or checkpoint, which come before the record. They replace ours only when they are whole.
  ///
  /// False if there are some that cannot be used; they are named in `problems`.
  private mutating func copyTensors(
    _ hash: String, _ record: RunRecord, _ from: RunStore, _ store: RunStore, _ lease: Lease
  ) throws -> Bool {
    let isFinished = record.status == .finished
    let (theirs, ours) =
      isFinished
      ? (from.weights(of: hash), store.weights(of: hash))
      : (from.checkpoint(of: hash), store.checkpoint(of: hash))
    let model = LanguageModel(record.configuration.model)
    // Three buffers of a checkpoint, each tensor under two names at most, and the header.
    let limit = 4 * model.bufferCount * 6 + 1 << 26
    do {
      try AtomicFile.copy(theirs, to: ours, limit: limit) { copy in
        do {
          if isFinished {
            _ = try model.readWeights(from: copy, isOurs: true)
          } else {
            try Trainer.check(copy, of: record.configuration)
          }
        } catch {
          // The error names the copy, which will not stay.
          throw FileError(theirs, "\(error)".replacing("\(copy.path): ", with: ""))
        }
      } after: {
        try lease.confirm()
      }
      return true
    } catch let error as FileError where error.file == theirs.path {
      // Records are often passed on without tensors.
      if error.isMissing { return true }
      problems.append("\(theirs.path): not taken: \(error.problem)")
      return false
    }
  }

  private func write(
    _ bytes: Data, _ hash: String, _ record: RunRecord, _ store: RunStore, _ lease: Lease
  ) throws {
    try AtomicFile.write(bytes, to: store.url(of: hash), after: lease.confirm)
    // A finished run that lacks both weights and score is trained again, from the checkpoint.
    let isNeeded =
      record.status == .finished && record.test == nil
      && access(store.weights(of: hash).path, F_OK) != 0
    if record.isDone, record.status != .dropped, !isNeeded {
      unlink(store.checkpoint(of: hash).path)
    }
  }
}

extension RunRecord {
  /// Whether both have the same result to the bit; times do not count.
  fileprivate func agrees(with other: RunRecord) -> Bool {
    func timeless(_ evaluations: [Evaluation]) -> [Evaluation] {
      evaluations.map { evaluation in
        var evaluation = evaluation
        evaluation.seconds = 0
        return evaluation
      }
    }
    guard status == other.status, status != .dropped else {
      return status == .dropped || other.status == .dropped
    }
    // NaN is not equal to itself.
    guard status == .finished else { return failure == other.failure }
    if let test, let otherTest = other.test, timeless([test]) != timeless([otherTest]) {
      return false
    }
    return timeless(evaluations) == timeless(other.evaluations)
  }

  fileprivate func isFurther(than other: RunRecord) -> Bool {
    func standing(_ record: RunRecord) -> (Int, Int, Int) {
      let isDone = record.isDone && record.status != .dropped
      return (isDone ? 1 : 0, record.evaluations.last?.step ?? 0, record.test == nil ? 0 : 1)
    }
    return standing(other) < standing(self)
  }
}
