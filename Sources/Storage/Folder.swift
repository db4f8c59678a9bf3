import Foundation

/// Makes a folder and the folders above it, unless they exist. Throws `FileError`.
public func makeFolder(_ url: URL) throws {
  let url = url.standardizedFileURL
  if mkdir(url.path, 0o777) == 0 { return }
  switch errno {
  case EEXIST:
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder),
      isFolder.boolValue
    else { throw FileError(url, "is not a folder") }
  case ENOENT where url.pathComponents.count > 1:
    try makeFolder(url.deletingLastPathComponent())
    // Another process may have made the folder since the check.
    guard mkdir(url.path, 0o777) == 0 || errno == EEXIST else {
      throw FileError.last(url, "make the folder")
    }
  default: throw FileError.last(url, "make the folder")
  }
}
