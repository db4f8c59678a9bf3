import Foundation
import Support

/// Writes a file so that readers see it complete or not at all: into a temporary file, which is renamed at the end.
public final class AtomicFile {
  private let url: URL
  private let temporary: URL
  private let descriptor: Int32
  private var isOpen = true
  /// Its index in the list of files to delete on a signal.
  private let slot: Int?

  /// Removes the temporary files of `file`, whose names start with its name: those that killed processes left, and
  /// also those that other processes are writing.
  public static func removePartialFiles(of file: String, in folder: URL) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for name in names where name.hasPrefix(".\(file)") && name.hasSuffix(partialSuffix) {
      unlink(folder.appendingPathComponent(name).path)
    }
  }

  /// Removes what processes that were killed while they wrote `url` have left beside it: temporary files of processes
  /// that are gone, unless a process of another machine may have written to them within the last ten minutes.
  public static func removeStaleFiles(of url: URL) {
    let (folder, start) = (url.deletingLastPathComponent(), ".\(url.lastPathComponent).")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for name in names where name.hasPrefix(start) && name.hasSuffix(partialSuffix) {
      let path = folder.appendingPathComponent(name).path
      var status = stat()
      guard let process = pid_t(name.dropFirst(start.count).prefix { $0 != "-" }), process > 0,
        kill(process, 0) != 0, errno == ESRCH, stat(path, &status) == 0
      else { continue }
      #if os(Linux)
        let changed = status.st_mtim.tv_sec
      #else
        let changed = status.st_mtimespec.tv_sec
      #endif
      if time(nil) - changed > 600 { unlink(path) }
    }
  }

  private static let partialSuffix = ".partial"

  /// Opens an empty temporary file in the folder of `url`. Throws `FileError`, also if there is a device, pipe, socket
  /// or link at `url`, because renaming would replace it by a regular file.
  public init(to url: URL) throws {
    self.url = url
    var status = stat()
    if lstat(url.path, &status) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) {
      throw FileError(url, "is not a regular file")
    }
    let name =
      ".\(url.lastPathComponent).\(getpid())-\(UInt64.random(in: 0 ... .max))"
      + Self.partialSuffix
    temporary = url.deletingLastPathComponent().appendingPathComponent(name)
    let path = temporary.path
    slot = PartialFiles.add(path)
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      let error = FileError.last(url, "write")
      if let slot { PartialFiles.remove(slot) }
      throw error
    }
  }

  deinit {
    if isOpen {
      close(descriptor)
      unlink(temporary.path)
      if let slot { PartialFiles.remove(slot) }
    }
  }

  /// Throws `FileError` if so many bytes have no room on the disk, before time is spent on making them.
  func checkSpace(for bytes: Int) throws {
    var status = statvfs()
    guard fstatvfs(descriptor, &status) == 0 else { return }
    let free = Double(status.f_bavail) * Double(status.f_frsize)
    guard Double(bytes) > free else { return }
    throw FileError.outOfSpace(
      url, "would have \(byteText(bytes)), and \(byteText(Int(free))) are free there")
  }

  /// Writes all bytes at an offset from the start of the file.
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    precondition(isOpen, "the file is finished")
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw FileError.last(url, "write") }
      done += count
    }
  }

  /// Flushes the bytes to the disk, then renames the temporary file, replacing any file of that name.
  ///
  /// - Parameter confirm: called just before the rename; if it throws, nothing is renamed. If another process calls
  ///   `removePartialFiles` after `confirm`, the rename fails, too.
  public func finish(after confirm: () throws -> Void = {}) throws {
    precondition(isOpen, "the file is finished")
    guard fsync(descriptor) == 0 else { throw FileError.last(url, "write") }
    try confirm()
    guard rename(temporary.path, url.path) == 0 else { throw FileError.last(url, "write") }
    isOpen = false
    if let slot { PartialFiles.remove(slot) }
    close(descriptor)
    Self.synchronizeFolder(of: url)
  }

  private static func synchronizeFolder(of url: URL) {
    // Flushes the folder, so that the new name survives a power failure. Some file systems cannot do it.
    let folder = open(url.deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  /// Writes a whole file, unless there is one of this name already. Of several processes exactly one writes it; the
  /// result is true in that one. Throws `FileError`.
  public static func writeNew(_ data: Data, to url: URL) throws -> Bool {
    let file = try AtomicFile(to: url)
    try data.withUnsafeBytes { try file.write($0, at: 0) }
    if link(file.temporary.path, url.path) == 0 { return true }
    switch errno {
    case EEXIST: return false
    case EPERM, EOPNOTSUPP, ENOSYS:
      // This file system has no hard links.
      let descriptor = open(url.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor < 0, errno == EEXIST { return false }
      guard descriptor >= 0 else { throw FileError.last(url, "write") }
      defer { close(descriptor) }
      let count = data.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      guard count == data.count else { throw FileError.last(url, "write") }
      return true
    default: throw FileError.last(url, "write")
    }
  }

  /// Copies a regular file of at most `limit` bytes, which must not be a symbolic link.
  ///
  /// - Parameters:
  ///   - check: gets the path of the complete copy before it gets its name; if it throws, nothing is replaced.
  ///   - confirm: as in `finish`.
  ///
  /// Throws `FileError`; its file is `source` if that cannot be read.
  public static func copy(
    _ source: URL, to url: URL, limit: Int, check: (URL) throws -> Void,
    after confirm: () throws -> Void = {}
  ) throws {
    let from = try ReadableFile(source, followsLinks: false)
    try from.check(limit: limit)
    let file = try AtomicFile(to: url)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    for start in stride(from: 0, to: from.length, by: buffer.count) {
      let count = min(buffer.count, from.length - start)
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
      try from.read(into: part, at: start)
      try file.write(UnsafeRawBufferPointer(part), at: start)
    }
    try check(file.temporary)
    try file.finish(after: confirm)
  }

  /// Writes a whole file atomically, after `confirm` as in `finish`. Throws `FileError`.
  public static func write(
    _ data: Data, to url: URL, after confirm: () throws -> Void = {}
  ) throws {
    let file = try AtomicFile(to: url)
    try data.withUnsafeBytes { try file.write($0, at: 0) }
    try file.finish(after: confirm)
  }
}
