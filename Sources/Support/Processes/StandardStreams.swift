import Foundation

/// A result that could not be written to standard output.
package struct OutputError: Error, CustomStringConvertible {
  /// The system's error number.
  package let number: Int32

  package var description: String {
    "cannot write standard output: \(String(cString: strerror(number)))"
  }
}

/// The process's standard streams. Swift's `print` does not say when a disk is full, and `FileHandle` ends the process
/// when it cannot write.
package enum StandardStreams {
  /// Makes the streams safe to use: a stream that is closed at the start is opened on /dev/null, so that no file that is
  /// opened later gets its number and, with it, our messages. A reader that went away makes writes fail; it does not end
  /// the process.
  ///
  /// - Returns: whether a reader that goes away would have ended the process, which is the usual case.
  package static func prepare() -> Bool {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
    where fcntl(descriptor, F_GETFD) < 0 {
      // open gives the lowest free number. Standard output that is only readable makes writes fail, as they should.
      let mode = descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY
      if open("/dev/null", mode) != descriptor { break }
    }
    let wasIgnored = SignalDisposition.isIgnored(SIGPIPE)
    signal(SIGPIPE, SIG_IGN)
    return !wasIgnored
  }

  /// Ends the process as a write to a pipe without a reader does by default.
  package static func endForPipe() -> Never {
    signal(SIGPIPE, SIG_DFL)
    raise(SIGPIPE)
    exit(EXIT_FAILURE)
  }

  /// Writes all of a result to standard output, or throws `OutputError`.
  package static func output(_ text: String) throws {
    let number = write(text, to: STDOUT_FILENO)
    if number != 0 { throw OutputError(number: number) }
  }

  /// Writes a file's bytes to standard output, or throws `OutputError`, or what reading throws.
  package static func output(contentsOf file: URL) throws {
    let handle = try FileHandle(forReadingFrom: file)
    defer { try? handle.close() }
    while let part = try handle.read(upToCount: 1 << 20), !part.isEmpty {
      let number = part.withUnsafeBytes { write($0, to: STDOUT_FILENO) }
      if number != 0 { throw OutputError(number: number) }
    }
  }

  /// Writes a message or progress to standard error. If nobody can read it, it is dropped.
  package static func message(_ text: String) { _ = write(text, to: STDERR_FILENO) }

  /// The system's error number, or 0.
  static func write(_ text: String, to descriptor: Int32) -> Int32 {
    var text = text
    return text.withUTF8 { write(UnsafeRawBufferPointer($0), to: descriptor) }
  }

  private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
    var done = 0
    while done < bytes.count {
      let count = Foundation.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
      if count >= 0 {
        done += count
        continue
      }
      switch errno {
      case EINTR: break
      case EAGAIN:
        // Another program that shares the stream made it non-blocking.
        var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&state, 1, -1)
      default: return errno
      }
    }
    return 0
  }
}
