import Foundation

/// A file of text that people write, such as an experiment. It may also be a pipe.
public enum InputFile {
  /// Far more than such a file ever has.
  public static let mostBytes = 4 << 20

  /// Why a file cannot be read.
  public struct Problem: Error, Hashable, CustomStringConvertible {
    public let description: String
    /// Whether the file's content is the problem.
    public var isOfContent = false
  }

  /// The file's text. Throws for one that cannot be read, is larger than `mostBytes`, or is not UTF-8.
  ///
  /// - Parameters:
  ///   - path: the file's path.
  ///   - isPipeRead: whether to read a pipe, and wait for its writer. Right for a file that the user named.
  public static func text(_ path: String, isPipeRead: Bool = true) throws(Problem) -> String {
    guard !path.isEmpty else { throw Problem(description: "the name of the file is empty") }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | (isPipeRead ? 0 : O_NONBLOCK))
    guard descriptor >= 0 else { throw problem(errno) }
    defer { close(descriptor) }
    var status = stat()
    if !isPipeRead, fstat(descriptor, &status) == 0,
      ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
    {
      throw Problem(description: "is not a regular file")
    }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    var length = 0
    while true {
      if length == bytes.count { bytes += [UInt8](repeating: 0, count: bytes.count) }
      let count = bytes.withUnsafeMutableBytes { buffer in
        read(descriptor, buffer.baseAddress! + length, buffer.count - length)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw problem(errno) }
      if count == 0 { break }
      length += count
      guard length <= mostBytes else {
        throw Problem(description: "has more than \(mostBytes) bytes, the most that is read")
      }
    }
    if let other = OtherFile.text(bytes[..<min(length, OtherFile.length)]) {
      throw Problem(description: "is \(other.name)", isOfContent: true)
    }
    guard let text = String(validating: bytes[..<length], as: UTF8.self) else {
      throw Problem(
        description: Self.explanation(bytes[..<length]) ?? "is not UTF-8 text", isOfContent: true)
    }
    // Some editors begin with the mark of UTF-8, which is not seen and belongs to no word.
    return text.first == "\u{FEFF}" ? String(text.dropFirst()) : text
  }

  private static func problem(_ number: Int32) -> Problem {
    switch number {
    case ENOENT, ENOTDIR: Problem(description: "no such file")
    case EISDIR: Problem(description: "is a folder, not a file")
    case EACCES, EPERM: Problem(description: "no permission to read it")
    default: Problem(description: "cannot be read: \(String(cString: strerror(number)))")
    }
  }

  /// What a file of other bytes probably is.
  private static func explanation(_ bytes: ArraySlice<UInt8>) -> String? {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      return "is UTF-16 text; save it as UTF-8"
    }
    return nil
  }
}
