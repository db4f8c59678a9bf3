import Foundation

/// A file that cannot be read or written, and why.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  public let file: String
  public let problem: String

  public init(_ url: URL, _ problem: String) {
    file = url.path
    self.problem = problem
  }

  /// The problem of the last system call that failed.
  static func last(_ url: URL, _ action: String) -> FileError {
    FileError(url, "cannot \(action): \(String(cString: strerror(errno)))")
  }

  public var description: String { "\(file): \(problem)" }
}
