import Foundation
import Storage
import Support
import Synchronization
import Training

/// The records of one experiment: `runs/EXPERIMENT/HASH.json`, one file per run, written atomically.
public struct RunStore: Sendable {
  public let folder: URL
  let warn: @Sendable (String) -> Void
  private let named = NamedFiles()

  /// - Parameter warn: is told of records that cannot be used.
  public init(
    runs: URL, experiment: String, warn: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.init(folder: runs.appendingPathComponent(experiment, isDirectory: true), warn: warn)
  }

  public func url(of hash: String) -> URL { folder.appendingPathComponent("\(hash).json") }

  /// Where an unfinished run keeps its weights.
  public func checkpoint(of hash: String) -> URL {
    folder.appendingPathComponent("\(hash).checkpoint.safetensors")
  }

  /// Where a finished run keeps its weights, under the names of public checkpoints.
  public func weights(of hash: String) -> URL {
    folder.appendingPathComponent("\(hash).weights.safetensors")
  }

  /// The same store with another listener.
  public func warning(_ warn: @escaping @Sendable (String) -> Void) -> RunStore {
    RunStore(folder: folder, warn: warn)
  }

  private init(folder: URL, warn: @escaping @Sendable (String) -> Void) {
    self.folder = folder
    self.warn = warn
  }

  /// The record of a run, or nil if there is none. One that cannot be read, or is not what was written, counts as
  /// none: it is named, once, and left where it is.
  ///
  /// Throws `RecordError` for a record of another format or configuration, and for what is no readable file.
  public func record(of run: Experiment.Run) throws -> RunRecord? {
    do {
      return try read(run)
    } catch let damage as DamagedRecord {
      let path = url(of: run.hash).path
      if named.insert(path) {
        warn(
          "\(path) cannot be used (\(damage.reason)) and is left out; recall run sets it aside and does its run "
            + "again")
      }
      return nil
    }
  }

  /// The same for the holder of the run's lease: a record that cannot be used is renamed to `HASH.json.damaged`, and
  /// then there is none. Throws `LeaseLost`, too.
  package func record(of run: Experiment.Run, holding lease: Lease) throws -> RunRecord? {
    let url = url(of: run.hash)
    let seen = signature(of: url)
    do {
      return try read(run)
    } catch let damage as DamagedRecord {
      try setAside(
        url, as: seen, holding: lease, because: damage.reason, then: "its run is done again")
      return nil
    }
  }

  private struct DamagedRecord: Error { let reason: String }

  private func read(_ run: Experiment.Run) throws -> RunRecord? {
    let url = url(of: run.hash)
    let record: RunRecord
    do {
      record = try RunRecord(contentsOf: url)
    } catch CocoaError.fileReadNoSuchFile {
      return nil
    } catch let error where error is DecodingError || error is SettingsError || error is FileError {
      throw DamagedRecord(reason: (error as? FileError)?.problem ?? "\(error)")
    }
    guard try record.configuration.hash == run.hash,
      record.configuration == run.configuration
    else { throw RecordError.otherConfiguration(url.path, label: record.label) }
    return record
  }

  /// Changes whenever a file does; nil if there is none.
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
  public func save(
    _ record: RunRecord, of run: Experiment.Run, after confirm: () throws -> Void = {}
  ) throws {
    try makeFolder(folder)
    try AtomicFile.write(record.json, to: url(of: run.hash), after: confirm)
  }

  public func removeCheckpoint(of run: Experiment.Run) throws {
    let url = checkpoint(of: run.hash)
    if FileManager.default.fileExists(atPath: url.path) {
      try FileManager.default.removeItem(at: url)
    }
  }

  /// Renames a file that cannot be used to `NAME.damaged`, or `NAME.damaged-2`, …, and says so.
  ///
  /// - Parameter seen: its signature when it was found damaged. Where the lease was lost since, another file may
  ///   be there, which then goes back. Throws `LeaseLost`.
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
      throw FileError(url, "cannot be set aside: \(String(cString: strerror(errno)))")
    }
    guard signature(of: aside) == seen else {
      // Not in the place of one that came since.
      if link(aside.path, url.path) == 0 || errno == EEXIST { unlink(aside.path) }
      throw LeaseLost()
    }
    warn(
      "\(url.path) cannot be used (\(reason)) and was renamed to \(aside.lastPathComponent); "
        + consequence)
  }
}

/// Files that were named already.
private final class NamedFiles: Sendable {
  private let paths = Mutex<Set<String>>([])

  func insert(_ path: String) -> Bool { paths.withLock { $0.insert(path).inserted } }
}

/// A record that must not be used.
public enum RecordError: Error, Hashable, Sendable, CustomStringConvertible {
  case otherFormat(String, format: Int)
  case otherConfiguration(String, label: String)
  /// A folder, or a file that may not be read, where a record should be.
  case unreadable(String, String)

  public var description: String {
    switch self {
    case .otherFormat(let path, let format):
      "\(path): record format \(format), but this recall reads format \(RunRecord.currentFormat); "
        + "use the recall that wrote it, or move the file away to run it anew"
    case .otherConfiguration(let path, let label):
      "\(path): holds another configuration than its name says (\"\(label)\"); "
        + "move the file away to run it anew"
    case .unreadable(let path, let problem):
      "\(path): the place of a run's record, but it \(problem); "
        + "put that right, or move it away to run it anew"
    }
  }
}
