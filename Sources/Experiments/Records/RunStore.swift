import Configuration
import Foundation
import Storage

/// The records of one experiment: `runs/EXPERIMENT/HASH.json`, one file per run, written atomically.
public struct RunStore: Sendable {
  public let folder: URL
  let warn: @Sendable (String) -> Void

  /// - Parameter warn: is told of records that were set aside.
  public init(
    runs: URL, experiment: String, warn: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    folder = runs.appendingPathComponent(experiment, isDirectory: true)
    self.warn = warn
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
  func warning(_ warn: @escaping @Sendable (String) -> Void) -> RunStore {
    RunStore(folder: folder, warn: warn)
  }

  private init(folder: URL, warn: @escaping @Sendable (String) -> Void) {
    self.folder = folder
    self.warn = warn
  }

  /// The record of a run, or nil if there is none. A record that cannot be read, or is not what was written, is
  /// renamed to `HASH.json.damaged`, and there is none.
  ///
  /// Throws `RecordError` for a record of another format or configuration, and for what is no readable file.
  public func record(of run: Experiment.Run) throws -> RunRecord? {
    let url = url(of: run.hash)
    let record: RunRecord
    do {
      record = try RunRecord(contentsOf: url)
    } catch CocoaError.fileReadNoSuchFile {
      return nil
    } catch let error where error is DecodingError || error is SettingsError || error is FileError {
      try setAside(url, because: error, then: "its run is done again")
      return nil
    }
    guard try record.configuration.hash == run.hash,
      record.configuration == run.configuration
    else { throw RecordError.otherConfiguration(url.path, label: record.label) }
    return record
  }

  /// Changes whenever the record of a run does; nil if there is none.
  func signature(of run: Experiment.Run) -> [Int]? {
    var status = stat()
    guard stat(url(of: run.hash).path, &status) == 0 else { return nil }
    #if os(Linux)
      let time = status.st_mtim
    #else
      let time = status.st_mtimespec
    #endif
    return [Int(status.st_ino), Int(status.st_size), time.tv_sec, time.tv_nsec]
  }

  public func save(_ record: RunRecord, of run: Experiment.Run) throws {
    try makeFolder()
    try AtomicFile.write(record.json, to: url(of: run.hash))
  }

  func makeFolder() throws {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw FileError(folder, "cannot be made: \(error.localizedDescription)")
    }
  }

  public func removeCheckpoint(of run: Experiment.Run) throws {
    let url = checkpoint(of: run.hash)
    if FileManager.default.fileExists(atPath: url.path) {
      try FileManager.default.removeItem(at: url)
    }
  }

  /// Clears up after processes that were killed while they wrote files of a run. Only for the holder of its lease.
  func removePartialFiles(of run: Experiment.Run) {
    AtomicFile.removePartialFiles(of: run.hash, in: folder)
  }

  /// Renames a file that cannot be used to `NAME.damaged`, or `NAME.damaged-2`, …, and says so.
  func setAside(_ url: URL, because reason: some Any, then consequence: String) throws {
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
    warn(
      "\(url.path) cannot be used (\(reason)) and was renamed to \(aside.lastPathComponent); "
        + consequence)
  }
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
