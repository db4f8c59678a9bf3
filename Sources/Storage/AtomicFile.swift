import Foundation

/// A file that comes into being whole or not at all: written beside its place, then renamed.
public final class AtomicFile {
  private let url: URL
  private let temporary: URL
  private let descriptor: Int32
  private var isOpen = true

  /// Removes what processes that were killed left of files whose names begin so; what others are writing, too.
  public static func removePartialFiles(of file: String, in folder: URL) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for name in names where name.hasPrefix(".\(file)") && name.hasSuffix(partialSuffix) {
      unlink(folder.appendingPathComponent(name).path)
    }
  }

  private static let partialSuffix = ".partial"

  /// Opens an empty temporary file in the folder of `url`. Throws `FileError`, also for a device, pipe, socket or
  /// link at its place: a rename would put the file there instead.
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
    descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileError.last(url, "write") }
  }

  deinit {
    if isOpen {
      close(descriptor)
      unlink(temporary.path)
    }
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

  /// Puts the file in its place, replacing what is there, once its bytes are on the disk.
  ///
  /// - Parameter confirm: asked just before that, when the temporary file is whole; throws to leave things as they
  ///   are. Whoever calls `removePartialFiles` after the answer keeps the file from its place as well.
  public func finish(after confirm: () throws -> Void = {}) throws {
    precondition(isOpen, "the file is finished")
    guard fsync(descriptor) == 0 else { throw FileError.last(url, "write") }
    try confirm()
    guard rename(temporary.path, url.path) == 0 else { throw FileError.last(url, "write") }
    isOpen = false
    close(descriptor)
    Self.synchronizeFolder(of: url)
  }

  private static func synchronizeFolder(of url: URL) {
    // The folder's entry is to survive a power failure too; not every file system can.
    let folder = open(url.deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  /// Writes a whole file, unless there is one of this name already: of several processes one succeeds. Whether
  /// it was this one. Throws `FileError`.
  public static func writeNew(_ data: Data, to url: URL) throws -> Bool {
    let file = try AtomicFile(to: url)
    try data.withUnsafeBytes { try file.write($0, at: 0) }
    if link(file.temporary.path, url.path) == 0 { return true }
    switch errno {
    case EEXIST: return false
    case EPERM, EOPNOTSUPP, ENOSYS:
      // A file system without hard links.
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

  /// Writes a whole file atomically, after `confirm` as in `finish`. Throws `FileError`.
  public static func write(
    _ data: Data, to url: URL, after confirm: () throws -> Void = {}
  ) throws {
    let file = try AtomicFile(to: url)
    try data.withUnsafeBytes { try file.write($0, at: 0) }
    try file.finish(after: confirm)
  }
}
