import Foundation

/// A file that cannot be read or written, and why.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  public let file: String
  public let problem: String
  /// Whether the disk or the user's quota is full.
  public private(set) var isOutOfSpace = false
  /// Whether there is no such file or folder.
  public private(set) var isMissing = false

  public init(_ url: URL, _ problem: String) {
    file = url.path
    self.problem = problem
  }

  /// The error of something that is too large for the disk.
  static func outOfSpace(_ url: URL, _ problem: String) -> FileError {
    var error = FileError(url, problem)
    error.isOutOfSpace = true
    return error
  }

  /// The error of the last failed system call, from `errno`.
  static func last(_ url: URL, _ action: String) -> FileError {
    let number = errno
    var error = FileError(url, "cannot \(action): \(String(cString: strerror(number)))")
    error.isOutOfSpace = [ENOSPC, EDQUOT, EFBIG].contains(number)
    error.isMissing = number == ENOENT
    return error
  }

  public var description: String { "\(file): \(problem)" }
}
