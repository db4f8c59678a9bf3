import Experiments
import Foundation
import Storage
import Support
import Synchronization
import Training

/// The records of one experiment: `runs/EXPERIMENT/HASH.json`, one file per run, written atomically.
package struct RunStore: Sendable {
  package let folder: URL
  private let path: String
  package let warn: @Sendable (String) -> Void
  private let reported = ReportedFiles()

  /// - Parameter warn: is called for records that cannot be used.
  package init(
    runs: URL, experiment: String, warn: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.init(folder: runs.appendingPathComponent(experiment, isDirectory: true), warn: warn)
  }

  package func url(of hash: String) -> URL { folder.appendingPathComponent("\(hash).json") }

  /// The file with an unfinished run's weights and optimizer.
  package func checkpoint(of hash: String) -> URL {
    folder.appendingPathComponent("\(hash).checkpoint.safetensors")
  }

  /// The file with a finished run's weights, under the names of public checkpoints.
  package func weights(of hash: String) -> URL {
    folder.appendingPathComponent("\(hash).weights.safetensors")
  }

  /// This store, with warnings given to `warn`.
  package func warning(_ warn: @escaping @Sendable (String) -> Void) -> RunStore {
    RunStore(folder: folder, warn: warn)
  }

  private init(folder: URL, warn: @escaping @Sendable (String) -> Void) {
    self.folder = folder
    path = folder.path
    self.warn = warn
  }

  /// The record of a run, or nil if there is none.
  ///
  /// A damaged record counts as none: it causes one warning and stays where it is. Throws `RecordError` for a record of
  /// another format or configuration, and for something that is no readable file.
  package func record(of run: Experiment.Run) throws -> RunRecord? {
    do {
      return try read(run)
    } catch let damage as FileError {
      let path = url(of: run.hash).path
      if reported.insert(path) {
        warn(
          "\(path) cannot be used (\(damage.problem)) and is left out; recall run renames it and does its run "
            + "again")
      }
      return nil
    }
  }

  /// Those of the runs' records that can be used, by hash, read on all cores and without warnings.
  package func readable(_ runs: [Experiment.Run]) -> [String: RunRecord] {
    let records = runs.concurrentMap { try? read($0) }
    return zip(runs, records).reduce(into: [:]) { $0[$1.0.hash] = $1.1 }
  }

  /// The same for the holder of the run's lease, who renames a damaged record to `HASH.json.damaged`. Throws
  /// `LeaseLost`, too.
  package func record(of run: Experiment.Run, holding lease: Lease) throws -> RunRecord? {
    let url = url(of: run.hash)
    let seen = signature(of: url)
    do {
      return try read(run)
    } catch let damage as FileError {
      try setAside(
        url, as: seen, holding: lease, because: damage.problem, then: "its run is done again")
      return nil
    }
  }

  private func read(_ run: Experiment.Run) throws -> RunRecord? {
    // Most runs of a large plan have no record, and an error for each would take long.
    guard access("\(path)/\(run.hash).json", F_OK) == 0 || errno != ENOENT else { return nil }
    let url = url(of: run.hash)
    let record: RunRecord
    do {
      record = try RunRecord(contentsOf: url)
    } catch CocoaError.fileReadNoSuchFile {
      return nil
    }
    guard record.configuration.hash == run.hash,
      record.configuration == run.configuration
    else { throw RecordError.otherConfiguration(url.path, label: record.label) }
    return record
  }

  /// A value that changes whenever the file does; nil if there is no file.
  package func signature(of url: URL) -> [Int]? {
    var status = stat()
    guard stat(url.path, &status) == 0 else { return nil }
    #if os(Linux)
      let time = status.st_mtim
    #else
      let time = status.st_mtimespec
    #endif
    return [Int(status.st_ino), Int(status.st_size), time.tv_sec, time.tv_nsec]
  }

  /// Writes a record, after `confirm` as in `AtomicFile.finish`.
  package func save(
    _ record: RunRecord, of run: Experiment.Run, after confirm: () throws -> Void = {}
  ) throws {
    try makeFolder(folder)
    try AtomicFile.write(record.json, to: url(of: run.hash), after: confirm)
  }

  package func removeCheckpoint(of run: Experiment.Run) throws {
    let url = checkpoint(of: run.hash)
    if FileManager.default.fileExists(atPath: url.path) {
      try FileManager.default.removeItem(at: url)
    }
  }

  /// Renames a damaged file to `NAME.damaged`, or `NAME.damaged-2`, …, and warns.
  ///
  /// - Parameter seen: the file's signature when it was found damaged. If the lease was lost since, the new holder may
  ///   have written another file there, which this puts back. Throws `LeaseLost`.
  package func setAside(
    _ url: URL, as seen: [Int]?, holding lease: Lease, because reason: some Any,
    then consequence: String
  ) throws {
    try lease.confirm()
    var (aside, number) = (url.appendingPathExtension("damaged"), 1)
    while FileManager.default.fileExists(atPath: aside.path) {
      number += 1
      aside = url.appendingPathExtension("damaged-\(number)")
    }
    guard rename(url.path, aside.path) == 0 else {
      // Another process was faster.
      if errno == ENOENT { return }
      throw FileError(url, "cannot be renamed: \(String(cString: strerror(errno)))")
    }
    guard signature(of: aside) == seen else {
      // `link` does not replace a file that another process has written since.
      if link(aside.path, url.path) == 0 || errno == EEXIST { unlink(aside.path) }
      throw LeaseLost()
    }
    warn(
      "\(url.path) cannot be used (\(reason)) and was renamed to \(aside.lastPathComponent); "
        + consequence)
  }
}

/// Files that have caused a warning.
private final class ReportedFiles: Sendable {
  private let paths = Mutex<Set<String>>([])

  func insert(_ path: String) -> Bool { paths.withLock { $0.insert(path).inserted } }
}

/// A record that must not be used.
package enum RecordError: Error, Hashable, Sendable, CustomStringConvertible {
  case otherFormat(String, format: Int)
  case otherConfiguration(String, label: String)
  /// A folder, or a file that may not be read, where a record should be.
  case unreadable(String, String)

  package var description: String {
    switch self {
    case .otherFormat(let path, let format):
      "\(path): record format \(format), but this recall reads format \(RunRecord.currentFormat); "
        + "use the recall that wrote it, or move the file away to train the run again"
    case .otherConfiguration(let path, let label):
      "\(path): holds another configuration than its name says (\"\(label)\"); "
        + "move the file away to train the run again"
    case .unreadable(let path, let problem):
      "\(path): should be a run's record, but it \(problem); "
        + "repair it, or move it away to train the run again"
    }
  }
}
