import Foundation

/// A file that comes into being whole or not at all: written beside its place, then renamed.
public final class AtomicFile {
  private let url: URL
  private let temporary: URL
  private let descriptor: Int32
  private var isOpen = true

  /// Opens an empty temporary file in the folder of `url`. Throws `FileError`.
  public init(to url: URL) throws {
    self.url = url
    let name = ".\(getpid())-\(UInt64.random(in: 0 ... .max)).partial"
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
  public func finish() throws {
    precondition(isOpen, "the file is finished")
    guard fsync(descriptor) == 0, rename(temporary.path, url.path) == 0 else {
      throw FileError.last(url, "write")
    }
    isOpen = false
    close(descriptor)
    // The folder's entry is to survive a power failure too; not every file system can.
    let folder = open(url.deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  /// Writes a whole file atomically. Throws `FileError`.
  public static func write(_ data: Data, to url: URL) throws {
    let file = try AtomicFile(to: url)
    try data.withUnsafeBytes { try file.write($0, at: 0) }
    try file.finish()
  }
}
