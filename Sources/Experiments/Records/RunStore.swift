import Configuration
import Foundation
import Storage

/// The records of one experiment: `runs/EXPERIMENT/HASH.json`, one file per run, written atomically.
public struct RunStore: Sendable {
  public let folder: URL
  private let warn: @Sendable (String) -> Void

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

  /// The record of a run, or nil if there is none. A record that cannot be read is renamed to
  /// `HASH.json.damaged`, and there is none.
  ///
  /// Throws `RecordError` for a record of another format, or of another configuration.
  public func record(of run: Experiment.Run) throws -> RunRecord? {
    let url = url(of: run.hash)
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch CocoaError.fileReadNoSuchFile {
      return nil
    }
    let record: RunRecord
    do {
      record = try Self.decode(data, url)
    } catch let error as DecodingError {
      try setAside(url, because: error)
      return nil
    } catch let error as SettingsError {
      try setAside(url, because: error)
      return nil
    }
    guard try record.configuration.hash == run.hash,
      record.configuration == run.configuration
    else { throw RecordError.otherConfiguration(url.path, label: record.label) }
    return record
  }

  public func save(_ record: RunRecord, of run: Experiment.Run) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    // A diverged run has a loss that JSON has no number for.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    try AtomicFile.write(encoder.encode(record), to: url(of: run.hash))
  }

  public func removeCheckpoint(of run: Experiment.Run) throws {
    let url = checkpoint(of: run.hash)
    if FileManager.default.fileExists(atPath: url.path) {
      try FileManager.default.removeItem(at: url)
    }
  }

  /// Reads one record and leaves it where it is. Throws `RecordError` for another format, `DecodingError`,
  /// `SettingsError`, or what reading a file throws.
  package static func record(contentsOf url: URL) throws -> RunRecord {
    try decode(Data(contentsOf: url), url)
  }

  private static func decode(_ data: Data, _ url: URL) throws -> RunRecord {
    struct Header: Decodable { let format: Int }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let format = try decoder.decode(Header.self, from: data).format
    guard format == RunRecord.currentFormat else {
      throw RecordError.otherFormat(url.path, format: format)
    }
    return try decoder.decode(RunRecord.self, from: data)
  }

  private func setAside(_ url: URL, because error: any Error) throws {
    let aside = url.appendingPathExtension("damaged")
    try? FileManager.default.removeItem(at: aside)
    try FileManager.default.moveItem(at: url, to: aside)
    warn(
      "\(url.path) cannot be read (\(error)) and was renamed to \(aside.lastPathComponent); "
        + "its run is done again")
  }
}

/// A record that must not be used.
public enum RecordError: Error, Hashable, Sendable, CustomStringConvertible {
  case otherFormat(String, format: Int)
  case otherConfiguration(String, label: String)

  public var description: String {
    switch self {
    case .otherFormat(let path, let format):
      "\(path): record format \(format), but this recall reads format \(RunRecord.currentFormat); "
        + "use the recall that wrote it, or move the file away to run it anew"
    case .otherConfiguration(let path, let label):
      "\(path): holds another configuration than its name says (\"\(label)\"); "
        + "move the file away to run it anew"
    }
  }
}
