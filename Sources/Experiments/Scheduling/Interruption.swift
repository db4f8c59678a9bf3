import Foundation
import Synchronization

/// Ctrl-C and SIGTERM as a flag that training looks at after every step; a second one ends the process
/// at once.
public enum Interruption {
  /// What a shell reports of a process that Ctrl-C ended.
  public static let exitStatus: Int32 = 130

  private static let count = Atomic<Int>(0)

  public static var isRequested: Bool { count.load(ordering: .relaxed) > 0 }

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
    guard count.add(1, ordering: .relaxed).newValue > 1 else { return }
    // Shows the cursor that the live view hides.
    var show: (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8) = (
      0x1b, 0x5b, 0x3f, 0x32, 0x35, 0x68, 0x0a
    )
    if isatty(STDERR_FILENO) == 1 { _ = write(STDERR_FILENO, &show, 7) }
    _exit(exitStatus)
  }
}
