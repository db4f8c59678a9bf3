import Foundation
import Support

/// A regular file opened for reading at any offset. Every read is checked against the file's length.
final class ReadableFile: Sendable {
  let url: URL
  let length: Int
  private let descriptor: Int32

  /// - Parameter followsLinks: whether the last part of the path may be a symbolic link.
  init(_ url: URL, followsLinks: Bool = true) throws {
    self.url = url
    // O_NONBLOCK: opening a pipe must not wait for a writer; pipes are refused below.
    descriptor = open(
      url.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW))
    guard descriptor >= 0 else {
      if errno == ELOOP, !followsLinks { throw FileError(url, "is a symbolic link") }
      throw FileError.last(url, "read")
    }
    var status = stat()
    let kind = fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : 0
    length = kind == S_IFREG ? Int(status.st_size) : 0
    guard kind == S_IFREG else {
      close(descriptor)
      throw FileError(url, kind == S_IFDIR ? "is a folder, not a file" : "is not a regular file")
    }
  }

  deinit { close(descriptor) }

  func check(limit: Int) throws {
    guard length <= limit else {
      throw FileError(url, "has \(length) bytes; such a file has at most \(limit)")
    }
  }

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

/// The bytes of a regular file that has at most `limit` of them. Throws `FileError`.
///
/// - Parameter followsLinks: whether the last part of the path may be a symbolic link.
public func readFile(_ url: URL, limit: Int, followsLinks: Bool = true) throws -> Data {
  let file = try ReadableFile(url, followsLinks: followsLinks)
  try file.check(limit: limit)
  var data = Data(count: file.length)
  try data.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
  return data
}

/// Whether both paths lead to one file that exists.
public func isSameFile(_ first: String, _ second: String) -> Bool {
  var (one, other) = (stat(), stat())
  return stat(first, &one) == 0 && stat(second, &other) == 0
    && one.st_dev == other.st_dev && one.st_ino == other.st_ino
}

/// Whether the path leads to a regular file, and not to a folder, pipe or device.
public func isRegularFile(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}

/// The checksum of a file's bytes, and how many they are. Throws `FileError`.
package func checksum(of url: URL) throws -> (checksum: Checksum, bytes: Int) {
  let file = try ReadableFile(url)
  let piece = 1 << 20
  var checksum = Checksum()
  for start in stride(from: 0, to: file.length, by: piece) {
    for byte in try file.read(min(piece, file.length - start), of: UInt8.self, at: start) {
      checksum.add(UInt64(byte))
    }
  }
  return (checksum, file.length)
}
