import Foundation
import Storage
import Support
import Synchronization

/// Turns Ctrl-C, SIGTERM and the end of the terminal (SIGHUP) into a flag, which training reads after every step.
///
/// A second signal more than a second later ends the process at once. Two signals within a second count as one, because
/// Slurm may send both to a job: one to its shell and one to its programs.
package enum SignalHandling {
  /// The exit status by which a shell knows that Ctrl-C ended a process.
  package static let exitStatus: Int32 = 130

  /// The time of the first signal in milliseconds of the monotonic clock; 0 before.
  private static let first = Atomic<Int>(0)

  package static var isRequested: Bool { first.load(ordering: .relaxed) > 0 }

  /// Lets SIGINT, SIGTERM and SIGHUP through. If a worker thread of another program started this one, they may be blocked, and no
  /// command would end.
  package static func unblock() {
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// From now on, SIGINT, SIGTERM and SIGHUP set the flag; SIGHUP only where it would end the process, so not under nohup.
  package static func install() {
    // Swift initializes the global at its first use, which must not be in the signal handler.
    _ = isRequested
    for number in [SIGINT, SIGTERM] { signal(number) { _ in SignalHandling.receive() } }
    guard !SignalDisposition.isIgnored(SIGHUP) else { return }
    signal(SIGHUP) { _ in SignalHandling.receive() }
  }

  /// Runs in the signal handler, so it must neither allocate nor lock.
  private static func receive() {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let now = max(1, time.tv_sec * 1000 + time.tv_nsec / 1_000_000)
    let (isFirst, before) = first.compareExchange(
      expected: 0, desired: now, ordering: .relaxed)
    guard !isFirst, now - before > 1000 else { return }
    // Shows the cursor again, which the live view hides.
    var show: (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8) = (
      0x1b, 0x5b, 0x3f, 0x32, 0x35, 0x68, 0x0a
    )
    PartialFiles.unlinkAll()
    if isatty(STDERR_FILENO) == 1 { _ = write(STDERR_FILENO, &show, 7) }
    _exit(exitStatus)
  }
}
