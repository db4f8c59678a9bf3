import Foundation
import Synchronization

/// Another program, run to its end.
package struct Subprocess: Sendable {
  /// Its exit status, or the number of the signal that ended it.
  package let status: Int32
  /// Without white space at both ends, as `errors`.
  package let output: String
  package let errors: String
  /// It was ended because its time was over.
  package let isOutOfTime: Bool

  /// nil if it cannot be started, for example because there is none of that name on the PATH.
  /// - Parameters:
  ///   - arguments: the program, by name or path, and its arguments.
  ///   - seconds: after these the program is ended.
  package init?(_ arguments: [String], within seconds: Double = .infinity) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    let (output, errors) = (PipeReader(), PipeReader())
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output.pipe
    process.standardError = errors.pipe
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    guard (try? process.run()) != nil else { return nil }
    // Both at once: a program that fills the one pipe while nobody reads it would wait for ever.
    output.start()
    errors.start()
    isOutOfTime = !ended.wait(within: seconds)
    if isOutOfTime {
      kill(process.processIdentifier, SIGTERM)
      if !ended.wait(within: 1) { kill(process.processIdentifier, SIGKILL) }
    }
    process.waitUntilExit()
    // A grandchild may hold a pipe open after a program that was ended.
    self.output = output.text(within: isOutOfTime ? 1 : .infinity)
    self.errors = errors.text(within: isOutOfTime ? 1 : .infinity)
    status = process.terminationStatus
    // What `env` says of a program that is not there.
    if status == 127 { return nil }
  }
}

/// Reads a pipe to its end on a thread of its own.
private final class PipeReader: Sendable {
  let pipe = Pipe()
  private let data = Mutex(Data())
  private let isAtEnd = DispatchSemaphore(value: 0)

  func start() {
    Thread.detachNewThread { [self] in
      while case let part = pipe.fileHandleForReading.availableData, !part.isEmpty {
        data.withLock { $0.append(part) }
      }
      isAtEnd.signal()
    }
  }

  /// All that came until the end of the pipe, or of the time.
  func text(within seconds: Double) -> String {
    _ = isAtEnd.wait(within: seconds)
    return String(decoding: data.withLock { $0 }, as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

extension DispatchSemaphore {
  /// False if the time is over first.
  fileprivate func wait(within seconds: Double) -> Bool {
    wait(timeout: seconds.isFinite ? .now() + seconds : .distantFuture) == .success
  }
}
