import Foundation
import Synchronization

/// Another program, run to its end.
///
/// Foundation's `Process` is not used: on Linux it takes a program for running until the last process that it started
/// has ended, so no time limit holds for a shell script.
package struct Subprocess: Sendable {
  /// Its exit status, or the number of the signal that ended it.
  package let status: Int32
  /// Without white space at both ends, as `errors`.
  package let output: String
  /// Empty if they were passed on.
  package let errors: String
  /// It was ended because its time was over.
  package let isOutOfTime: Bool

  /// Waits until the program has ended and its output is complete.
  ///
  /// nil if it cannot be started, for example because there is none of that name on the PATH.
  /// - Parameters:
  ///   - arguments: the program, by name or path, and its arguments.
  ///   - seconds: after these the program is ended, with all that it started. Such a program gets a process group of
  ///     its own, so Ctrl-C at a terminal does not reach it.
  ///   - passesErrors: what it writes to standard error goes to this process's.
  package init?(
    _ arguments: [String], within seconds: Double = .infinity, passesErrors: Bool = false
  ) {
    let pipes = passesErrors ? [StandardStream.output] : [.output, .errors]
    // One at a time: a program that another thread starts must not inherit these pipes and hold them open.
    let started = Self.starting.withLock { _ -> (PipeReader, pid_t)? in
      guard var reader = PipeReader(pipes) else { return nil }
      if let child = Self.start(arguments, reader.writers, ownGroup: seconds.isFinite) {
        return (reader, child)
      }
      reader.closeAll()
      return nil
    }
    guard case (var reader, let child)? = started else { return nil }
    defer { reader.closeAll() }
    reader.closeWriters()
    var state: Int32?
    func ends(within seconds: Double) -> Bool {
      // Seconds that a clock can hold.
      let end = ContinuousClock.now + .seconds(min(seconds, 1e9))
      guard reader.readAll(until: end) else { return false }
      state = state ?? Self.exitState(child, until: end)
      return state != nil
    }
    isOutOfTime = !ends(within: seconds)
    if isOutOfTime {
      kill(-child, SIGTERM)
      if !ends(within: 1) {
        kill(-child, SIGKILL)
        _ = ends(within: 1)
      }
    }
    // After SIGKILL it ends for certain, though something that left its process group may hold a pipe open.
    let end = state ?? Self.exitState(child, until: nil) ?? 0
    // The low seven bits name the signal, if there was one; the next eight are the exit status.
    let signal = end & 0x7f
    status = signal == 0 ? (end >> 8) & 0xff : signal
    output = reader.text(.output)
    errors = reader.text(.errors)
  }

  private static let starting = Mutex(())

  /// What `waitpid` says of a process that ended; nil if it still runs at that time.
  private static func exitState(_ child: pid_t, until end: ContinuousClock.Instant?) -> Int32? {
    var state: Int32 = 0
    while true {
      let ended = waitpid(child, &state, end == nil ? 0 : WNOHANG)
      if ended == child { return state }
      if ended < 0, errno != EINTR { return 0 }
      if let end, ended == 0 {
        guard ContinuousClock.now < end else { return nil }
        usleep(2000)
      }
    }
  }

  /// The number of the new process, whose standard input is empty.
  private static func start(
    _ arguments: [String], _ writers: [(StandardStream, Int32)], ownGroup: Bool
  ) -> pid_t? {
    #if os(Linux)
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #else
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #endif
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    for (stream, descriptor) in writers {
      posix_spawn_file_actions_adddup2(&actions, descriptor, stream.rawValue)
    }
    // A signal that this process ignores or handles has its usual effect there.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ] { sigaddset(&signals, signal) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    if ownGroup { flags |= POSIX_SPAWN_SETPGROUP }
    posix_spawnattr_setflags(&attributes, Int16(flags))
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child: pid_t = 0
    let failure = posix_spawnp(&child, arguments[0], &actions, &attributes, &words, environ)
    return failure == 0 ? child : nil
  }
}

/// A stream of a program, with its file descriptor there.
private enum StandardStream: Int32 {
  case output = 1
  case errors = 2
}

/// Reads several pipes at once: a program that fills one which nobody reads would wait for ever.
private struct PipeReader {
  private(set) var writers: [(StandardStream, Int32)] = []
  private var readers: [(StandardStream, Int32)] = []
  private var data: [StandardStream: Data] = [:]

  /// nil if the system gives no more file descriptors.
  init?(_ streams: [StandardStream]) {
    for stream in streams {
      var ends: [Int32] = [0, 0]
      let failure = pipe(&ends)
      for descriptor in ends where failure == 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
      guard failure == 0 else {
        closeAll()
        return nil
      }
      readers.append((stream, ends[0]))
      writers.append((stream, ends[1]))
    }
  }

  /// Without this a pipe would never end.
  mutating func closeWriters() {
    for (_, descriptor) in writers { close(descriptor) }
    writers = []
  }

  mutating func closeAll() {
    closeWriters()
    for (_, descriptor) in readers { close(descriptor) }
    readers = []
  }

  /// False if a pipe has not ended at that time.
  mutating func readAll(until end: ContinuousClock.Instant) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while !readers.isEmpty {
      let milliseconds = (end - .now) / .milliseconds(1)
      guard milliseconds > 0 else { return false }
      var ready = readers.map { pollfd(fd: $0.1, events: Int16(POLLIN), revents: 0) }
      // At most a day at once, which an Int32 holds.
      guard poll(&ready, nfds_t(ready.count), Int32(min(milliseconds.rounded(.up), 86_400_000))) > 0
      else { continue }
      for (index, state) in ready.enumerated().reversed() where state.revents != 0 {
        let count = read(state.fd, &buffer, buffer.count)
        if count > 0 {
          data[readers[index].0, default: Data()].append(contentsOf: buffer[..<count])
        } else if count == 0 || errno != EINTR {
          close(state.fd)
          readers.remove(at: index)
        }
      }
    }
    return true
  }

  func text(_ stream: StandardStream) -> String {
    String(decoding: data[stream] ?? Data(), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
