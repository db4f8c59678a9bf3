import Foundation
import Storage
import Support

/// A record as a file: JSON with a checksum, which detects even one changed digit.
extension RunRecord {
  private static let checksumKey = "checksum"

  /// Reads a record.
  ///
  /// Throws `FileError` for a damaged record, `RecordError` for another format or a file that cannot be read, and
  /// `CocoaError.fileReadNoSuchFile` if there is no file. The first two name the file.
  package init(contentsOf url: URL) throws {
    let data = try Self.bytes(of: url)
    do {
      try self.init(data)
    } catch let format as OtherFormat {
      throw RecordError.otherFormat(url.path, format: format.number)
    } catch {
      throw FileError(url, "damaged: \(error)")
    }
  }

  private struct OtherFormat: Error { let number: Int }
  private struct Damage: Error, CustomStringConvertible { let description: String }

  private init(_ data: Data) throws {
    // The checksum is tested before the format, because damage may have changed the format's digit. This decoder
    // differs from the one below, which would read the text "nan" as a number.
    var values = try JSONDecoder().decode([String: SettingValue].self, from: data)
    // Without a checksum a changed digit would not be noticed.
    guard let checksum = values.removeValue(forKey: Self.checksumKey) else {
      throw Damage(description: "it has no checksum")
    }
    guard checksum == .string(SettingValue.object(values).fingerprint) else {
      throw Damage(description: "its checksum does not match what it says")
    }
    struct Header: Decodable { let format: Int }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let format = try decoder.decode(Header.self, from: data).format
    guard format == Self.currentFormat else { throw OtherFormat(number: format) }
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
    do {
      return try Data(contentsOf: url)
    } catch {
      throw RecordError.unreadable(url.path, "cannot be read (\(error.localizedDescription))")
    }
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
      values[Self.checksumKey] = .string(SettingValue.object(values).fingerprint)
      return try encoder.encode(values)
    }
  }
}
