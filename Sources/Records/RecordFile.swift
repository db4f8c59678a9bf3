import Foundation
import Storage
import Support

/// Records as files: JSON with a checksum, which a changed digit betrays.
extension RunRecord {
  private static let checksumKey = "checksum"

  /// Reads a record. Throws `DecodingError`, `SettingsError` or `FileError` for one that is damaged,
  /// `RecordError` for another format or what is no readable file, and `CocoaError.fileReadNoSuchFile`.
  public init(contentsOf url: URL) throws {
    let data = try Self.bytes(of: url)
    // Before the format: where that alone was changed, the record is damaged. Not with the decoder below, to
    // which "nan" is a number.
    var values = try JSONDecoder().decode([String: SettingValue].self, from: data)
    // Without one, nothing tells a changed digit.
    guard let checksum = values.removeValue(forKey: Self.checksumKey) else {
      throw FileError(url, "it has no checksum")
    }
    guard checksum == .string(SettingValue.object(values).fingerprint) else {
      throw FileError(url, "its checksum does not match what it says")
    }
    struct Header: Decodable { let format: Int }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let format = try decoder.decode(Header.self, from: data).format
    guard format == Self.currentFormat else {
      throw RecordError.otherFormat(url.path, format: format)
    }
    self = try decoder.decode(RunRecord.self, from: data)
  }

  private static func bytes(of url: URL) throws -> Data {
    var status = stat()
    guard stat(url.path, &status) == 0, access(url.path, R_OK) == 0 else {
      if errno == ENOENT { throw CocoaError(.fileReadNoSuchFile) }
      throw RecordError.unreadable(
        url.path, "cannot be read (\(String(cString: strerror(errno))))")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw RecordError.unreadable(url.path, "is not a regular file")
    }
    return try Data(contentsOf: url)
  }

  /// The bytes of the record's file.
  var json: Data {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      // A diverged run has a loss that JSON has no number for.
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
      var values = try JSONDecoder().decode(
        [String: SettingValue].self, from: encoder.encode(self))
      values[Self.checksumKey] = .string(SettingValue.object(values).fingerprint)
      return try encoder.encode(values)
    }
  }
}
