import Foundation
import Support
import Synchronization

/// The names of files that are being written, so that a signal that ends the process leaves none of them.
///
/// A signal handler may neither allocate nor lock. So names stand in memory that is never freed: a few slots, each with its
/// state. A file that finds no free slot may stay behind, as after `kill -9`; the next writer of its folder removes it.
package enum PartialFiles {
  private static let slots = 64
  private static let mostBytes = 4096

  private enum State {
    static let free = 0
    static let changing = 1
    static let used = 2
  }

  private struct Slots: ~Copyable, Sendable {
    nonisolated(unsafe) let names = UnsafeMutablePointer<CChar>.allocate(
      capacity: slots * mostBytes)
    nonisolated(unsafe) let states = UnsafeMutablePointer<Atomic<Int>>.allocate(capacity: slots)

    init() {
      for slot in 0..<slots { (states + slot).initialize(to: Atomic(State.free)) }
    }
  }

  private static let all = Slots()

  /// Remembers a file; nil if there is no room for its name.
  static func add(_ path: String) -> Int? {
    guard path.utf8.count < mostBytes else { return nil }
    for slot in 0..<slots
    where all.states[slot].compareExchange(
      expected: State.free, desired: State.changing, ordering: .acquiringAndReleasing
    ).exchanged {
      _ = path.withCString { strcpy(all.names + slot * mostBytes, $0) }
      all.states[slot].store(State.used, ordering: .releasing)
      return slot
    }
    return nil
  }

  /// Forgets a file that has its name now or is gone.
  static func remove(_ slot: Int) {
    all.states[slot].store(State.free, ordering: .releasing)
  }

  /// Removes all files that are being written. Safe in a signal handler.
  package static func unlinkAll() {
    for slot in 0..<slots where all.states[slot].load(ordering: .acquiring) == State.used {
      unlink(all.names + slot * mostBytes)
    }
  }

  /// From now on, Ctrl-C, SIGTERM and SIGHUP remove them, and then end the process as they do without this.
  package static func removeAtSignals() {
    // Swift initializes the global at its first use, which must not be in the signal handler.
    _ = all.names
    for number in [SIGINT, SIGTERM, SIGHUP] where !SignalDisposition.isIgnored(number) {
      signal(number) { number in
        PartialFiles.unlinkAll()
        signal(number, SIG_DFL)
        // Blocked until this handler ends.
        raise(number)
      }
    }
  }
}
