import Foundation

/// A file that cannot be read or written, and why.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  public let file: String
  public let problem: String
  /// The disk is full, or what the user may have of it.
  public private(set) var isOutOfSpace = false
  /// There is no such file or folder.
  public private(set) var isMissing = false

  public init(_ url: URL, _ problem: String) {
    file = url.path
    self.problem = problem
  }

  /// The problem of the last system call that failed.
  static func last(_ url: URL, _ action: String) -> FileError {
    let number = errno
    var error = FileError(url, "cannot \(action): \(String(cString: strerror(number)))")
    error.isOutOfSpace = [ENOSPC, EDQUOT, EFBIG].contains(number)
    error.isMissing = number == ENOENT
    return error
  }

  public var description: String { "\(file): \(problem)" }
}
