import Foundation
import Storage
import Support

/// Finds a run's record by its hash, in any experiment of a folder of records.
package enum RecordLookup {
  /// The fewest digits that stand for a hash.
  private static let fewest = 8
  private static let digits = 16

  /// Whether a text may be the hash of a run, or its first digits.
  package static func isHash(_ text: String) -> Bool {
    (fewest...digits).contains(text.count) && text.allSatisfy(\.isHexDigit)
  }

  /// Whether a file's name is a hash and ".json".
  static func isRecordName(_ name: String) -> Bool {
    name.hasSuffix(".json") && name.count == digits + 5 && name.dropLast(5).allSatisfy(\.isHexDigit)
  }

  /// The path of the record; where the weights are, if several experiments have it.
  ///
  /// - Parameter argument: the name of the argument that `hash` is, for the `SettingsError` that is thrown if no record or
  ///   several have a hash that begins so.
  package static func file(
    hash: String, in runs: String, argument: String
  ) throws(SettingsError) -> String {
    let (files, start) = (FileManager.default, hash.lowercased())
    var records: [String] = []
    for experiment in ((try? files.contentsOfDirectory(atPath: runs)) ?? []).sorted() {
      let names = (try? files.contentsOfDirectory(atPath: "\(runs)/\(experiment)")) ?? []
      records += names.sorted().filter {
        $0.hasPrefix(start) && isRecordName($0)
      }.map { "\(runs)/\(experiment)/\($0)" }.filter(isRegularFile)
    }
    let hashes = Set(records.map { URL(filePath: $0).lastPathComponent })
    guard hashes.count < 2 else {
      throw SettingsError(
        argument, hash, allowed: "enough digits; \(hashes.count) runs in \(runs) begin so")
    }
    let withWeights = records.first { files.fileExists(atPath: weights(of: $0).path) }
    guard let record = withWeights ?? records.first else {
      throw SettingsError(
        argument, hash, allowed: "a file, or the hash of a run in \(runs)/EXPERIMENT/HASH.json")
    }
    return record
  }

  /// The file of a record's weights.
  package static func weights(of record: String) -> URL {
    URL(filePath: record).deletingPathExtension().appendingPathExtension("weights.safetensors")
  }
}
