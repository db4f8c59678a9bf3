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

/// The names of what is in a folder. Throws `FileError`, which says whether it is missing, no folder, or may not be read.
public func folderContents(_ url: URL) throws(FileError) -> [String] {
  do {
    return try FileManager.default.contentsOfDirectory(atPath: url.path)
  } catch {
    var status = stat()
    guard stat(url.path, &status) == 0 else {
      throw errno == ENOENT
        ? FileError(url, "there is no such folder") : FileError.last(url, "read the folder")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw FileError(url, "is not a folder") }
    guard access(url.path, R_OK) == 0 else {
      throw FileError(url, "no permission to read the folder")
    }
    throw FileError(url, "the folder cannot be read: \(error)")
  }
}
