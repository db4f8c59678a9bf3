import Charts
import Foundation
import Storage
import Support

/// Checks of names that users give to what a command writes.
enum OutputName {
  /// Throws `SettingsError` unless `path` can be the name of a file, or the start of one, that is none of the files
  /// `inputs`.
  static func check(
    _ option: String, _ path: String, isNot inputs: [String] = []
  ) throws(SettingsError) {
    let name = path.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init)
    guard let name, !["", ".", ".."].contains(name) else {
      throw SettingsError(option, "'\(path)'", allowed: "the name of a file")
    }
    if let input = inputs.first(where: { isSameFile(path, $0) }) {
      throw SettingsError(option, path, allowed: "another file than \(input), which is read")
    }
  }

  /// Throws `SettingsError` if one of the pictures `base`.png, … is one of the files `inputs`.
  static func check(
    _ option: String, picturesOf base: String, _ formats: [Chart.Format], areNot inputs: [String]
  ) throws(SettingsError) {
    for format in formats { try check(option, "\(base).\(format.rawValue)", isNot: inputs) }
  }

  /// Throws `SettingsError` unless the folder of the file exists, so that a long computation is not lost at its end.
  static func checkParent(_ option: String, of path: String) throws(SettingsError) {
    let folder = URL(filePath: path).deletingLastPathComponent().path
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue
    else { throw SettingsError(option, path, allowed: "a file in a folder that exists") }
  }

  /// Throws `SettingsError` unless `path` can be the name of a folder, or is one.
  static func checkFolder(_ option: String, _ path: String) throws(SettingsError) {
    guard !path.isEmpty else { throw SettingsError(option, "''", allowed: "the name of a folder") }
    // The folder may be made, and those above it, but none of them in the place of a file.
    var url = URL(filePath: path).standardizedFileURL
    var isFolder: ObjCBool = false
    while url.path != "/", !FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
    {
      url.deleteLastPathComponent()
    }
    guard url.path != "/", !isFolder.boolValue else { return }
    throw SettingsError(option, path, allowed: "a folder; \(url.relativePath) is a file")
  }
}
