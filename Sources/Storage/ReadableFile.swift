import Foundation

/// A regular file opened for reading at any offset. Every read is checked against the file's length.
final class ReadableFile: Sendable {
  let url: URL
  let length: Int
  private let descriptor: Int32

  init(_ url: URL) throws {
    self.url = url
    // O_NONBLOCK: opening a pipe must not wait for a writer; pipes are refused below.
    descriptor = open(url.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError.last(url, "read") }
    var status = stat()
    let isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    length = isRegular ? Int(status.st_size) : 0
    guard isRegular else {
      close(descriptor)
      throw FileError(url, "is not a regular file")
    }
  }

  deinit { close(descriptor) }

  /// Fills the buffer from an offset. Throws if the file has become shorter since it was opened.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw FileError.last(url, "read") }
      guard count > 0 else { throw FileError(url, "ends while it is read") }
      done += count
    }
  }

  /// Reads `count` numbers from an offset. Every bit pattern must be a value of `Number`.
  func read<Number: BitwiseCopyable>(
    _ count: Int, of type: Number.Type, at offset: Int
  ) throws -> [Number] {
    try [Number](unsafeUninitializedCapacity: count) { buffer, initialized in
      let bytes = UnsafeMutableRawBufferPointer(
        start: buffer.baseAddress, count: count * MemoryLayout<Number>.stride)
      try read(into: bytes, at: offset)
      initialized = count
    }
  }
}
