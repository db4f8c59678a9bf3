import Foundation
import Storage
import Support

/// A record as a file: JSON with a checksum, which detects even one changed digit.
extension RunRecord {
  /// Reads a record.
  ///
  /// Throws `FileError` for a damaged record, `RecordError` for another format or a file that cannot be read, and
  /// `CocoaError.fileReadNoSuchFile` if there is no file. The first two name the file.
  package init(contentsOf url: URL) throws {
    try self.init(Self.bytes(of: url), from: url)
  }

  /// The same for bytes that were read from the file.
  init(_ data: Data, from url: URL) throws {
    do {
      try self.init(data)
    } catch let format as OtherFormat {
      throw RecordError.otherFormat(url.path, format: format.number)
    } catch let error as DecodingError {
      throw FileError(url, "damaged: \(error.problem)")
    } catch {
      throw FileError(url, "damaged: \(error)")
    }
  }

  private struct OtherFormat: Error { let number: Int }
  private struct Damage: Error, CustomStringConvertible { let description: String }

  private init(_ data: Data) throws {
    // The checksum is tested before the format, because damage may have changed the format's digit. This reader
    // differs from the one below, which would read the text "nan" as a number.
    let values = try SettingValue(json: data)
    guard case .object = values else { throw Damage(description: "it is no object") }
    // Without a checksum a changed digit would not be noticed.
    guard let isMatched = values.matchesItsChecksum else {
      throw Damage(description: "it has no checksum")
    }
    guard isMatched else { throw Damage(description: "its checksum does not match what it says") }
    struct Header: Decodable { let format: Int }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let format = try decoder.decode(Header.self, from: data).format
    guard format == Self.currentFormat else { throw OtherFormat(number: format) }
    self = try decoder.decode(RunRecord.self, from: data)
    // What others wrote is shown in tables and on terminals.
    label = label.oneLine
    failure = failure.map { Failure(reason: $0.reason.oneLine, step: $0.step) }
    (commit, cpu) = (commit.oneLine, cpu.oneLine)
    (instructionSet, blasCore) = (instructionSet.oneLine, blasCore.oneLine)
    (started, finished) = (started.oneLine, finished?.oneLine)
    earlierProcessors = earlierProcessors?.map {
      var processor = $0
      processor.cpu = processor.cpu.oneLine
      processor.instructionSet = processor.instructionSet.oneLine
      processor.blasCore = processor.blasCore.oneLine
      return processor
    }
    if let problem = problemWithScores { throw Damage(description: problem) }
  }

  /// More than a record ever has; a larger file is not read.
  private static let mostBytes = 1 << 28

  /// The bytes of a record's file.
  static func bytes(of url: URL, followsLinks: Bool = true) throws -> Data {
    var status = stat()
    guard (followsLinks ? stat(url.path, &status) : lstat(url.path, &status)) == 0,
      access(url.path, R_OK) == 0
    else {
      if errno == ENOENT { throw CocoaError(.fileReadNoSuchFile) }
      throw RecordError.unreadable(
        url.path, "cannot be read (\(String(cString: strerror(errno))))")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw RecordError.unreadable(url.path, "is not a regular file")
    }
    do {
      return try readFile(url, limit: mostBytes, followsLinks: followsLinks)
    } catch let error as FileError {
      throw RecordError.unreadable(url.path, error.problem)
    }
  }

  /// What cannot be true of its scores; nil if all can. Losses may be any number, infinite or NaN. A share may be NaN
  /// only where no run has finished.
  private var problemWithScores: String? {
    func isShare(_ value: Double) -> Bool {
      (0...1).contains(value) || value.isNaN && status != .finished
    }
    for one in evaluations + (test.map { [$0] } ?? []) {
      let shares = [("accuracy", one.accuracy), ("exact_match", one.exactMatch)]
      let byGroup = Array(one.accuracyByDifficulty) + Array(one.accuracyByPart ?? [:])
      for (name, value) in shares + byGroup.map({ ("accuracy at \($0.key)", $0.value) })
      where !isShare(value) {
        return "its \(name) at step \(one.step) is \(value); allowed: 0 to 1"
      }
      guard one.step >= 0, one.examples >= 0, one.tokens >= 0 else {
        return "its steps, examples or tokens are negative"
      }
    }
    guard rank?.isPossible ?? true else { return "its rank has impossible numbers" }
    guard stateRounding?.isPossible ?? true else {
      return "its bf16_state_errors have impossible numbers"
    }
    guard accuracyAtFewerPairs?.values.allSatisfy((0...1).contains) ?? true else {
      return "its accuracy_at_fewer_pairs has a number that is not from 0 to 1"
    }
    guard rungs?.allSatisfy({ isShare($0.accuracy) && isShare($0.share) }) ?? true else {
      return "a share or accuracy of its comparisons is not from 0 to 1"
    }
    return nil
  }

  /// The bytes of the record's file.
  var json: Data {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      // The loss of a diverged run may be infinite or NaN, for which JSON has no number.
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
      var values = try JSONDecoder().decode(
        [String: SettingValue].self, from: encoder.encode(self))
      values[SettingValue.checksumKey] = .string(SettingValue.object(values).fingerprint)
      return try encoder.encode(values)
    }
  }
}
