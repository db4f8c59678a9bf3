import Foundation
import Synchronization

/// Ctrl-C and SIGTERM as a flag that training looks at after every step; another one, more than a second
/// later, ends the process at once. Slurm may send two together, to a job's shell and to its programs.
public enum Interruption {
  /// What a shell reports of a process that Ctrl-C ended.
  public static let exitStatus: Int32 = 130

  /// When the first came, in milliseconds of the monotonic clock; 0 before.
  private static let first = Atomic<Int>(0)

  public static var isRequested: Bool { first.load(ordering: .relaxed) > 0 }

  /// From now on, SIGINT and SIGTERM set the flag.
  public static func install() {
    // A lazy global must exist before a signal handler touches it.
    _ = isRequested
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] {
      signal(number) { _ in Interruption.receive() }
      sigaddset(&signals, number)
    }
    // A program that started this one on a worker thread may have left them blocked.
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// Runs in a signal handler: nothing here may allocate or lock.
  private static func receive() {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let now = max(1, time.tv_sec * 1000 + time.tv_nsec / 1_000_000)
    let (isFirst, before) = first.compareExchange(
      expected: 0, desired: now, ordering: .relaxed)
    guard !isFirst, now - before > 1000 else { return }
    // Shows the cursor that the live view hides.
    var show: (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8) = (
      0x1b, 0x5b, 0x3f, 0x32, 0x35, 0x68, 0x0a
    )
    if isatty(STDERR_FILENO) == 1 { _ = write(STDERR_FILENO, &show, 7) }
    _exit(exitStatus)
  }
}
