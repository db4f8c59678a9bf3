import Foundation
import Storage
import Synchronization

/// The right to work on one run, until the holder releases it or another process takes it over.
///
/// A lease is a file `leases/HASH.N`. N counts how often the run was leased; the file with the highest N is valid. A
/// process creates the file by a hard link, which only one process can do. The holder rewrites a counter in the file,
/// the heartbeat. A holder on the same machine is gone when its process is gone. A holder on another machine is gone
/// when its heartbeat has not changed for `LeaseManager.seconds` by the observer's own monotonic clock, so no two
/// clocks need to agree. Numbers start again at 1 when no file is left, so each file also contains a random mark.
/// Before it writes anything, a holder checks that there is no higher N and that the file has its own mark.
///
/// A holder may also be stopped just after this check. So it checks when it has written a new file beside the old one
/// and only the rename is left. A process that takes a run over first creates the lease, then removes such unfinished
/// files, then reads. So either the check finds the new lease, or the unfinished file is removed and the rename fails.
package final class Lease: Sendable {
  let hash: String
  let number: Int
  let url: URL
  /// What follows the heartbeat in its file: the holder, and a random line.
  private let mark: Data
  private let lost = Atomic<Bool>(false)
  private let beats = Atomic<Int>(0)

  init(hash: String, number: Int, holder: LeaseHolder, in folder: URL) throws {
    self.hash = hash
    self.number = number
    url = Self.url(hash, number, in: folder)
    mark = try JSONEncoder().encode(holder) + Data("\n\(UUID().uuidString)\n".utf8)
  }

  /// The first content of its file.
  var text: Data { Data(LeaseHolder.beatText(0).utf8) + mark }

  static func url(_ hash: String, _ number: Int, in folder: URL) -> URL {
    folder.appendingPathComponent("\(hash).\(number)")
  }

  /// Whether this process held it at the last check.
  package var isHeld: Bool { !lost.load(ordering: .relaxed) }

  /// Throws `LeaseLost` if another process has taken the run over. Call it just before renaming a finished file.
  package func confirm() throws {
    let next = Self.url(hash, number + 1, in: url.deletingLastPathComponent())
    let file = openOwn()
    if file == nil || access(next.path, F_OK) == 0 { lost.store(true, ordering: .relaxed) }
    if let file { close(file) }
    guard isHeld else { throw LeaseLost() }
  }

  /// Rewrites the heartbeat, which shows that the holder is alive.
  func beat() {
    guard (try? confirm()) != nil, let file = openOwn() else { return }
    let count = beats.add(1, ordering: .relaxed).newValue
    // Overwriting needs no space on a full disk.
    let text = LeaseHolder.beatText(count)
    _ = text.withCString { pwrite(file, $0, text.utf8.count, 0) }
    close(file)
  }

  /// Ends the lease. If another process took it over, its lease stays.
  package func release() {
    if let file = openOwn() {
      unlink(url.path)
      close(file)
    }
    lost.store(true, ordering: .relaxed)
  }

  /// A descriptor of the file, which the caller closes; nil if the file is gone or belongs to another lease.
  private func openOwn() -> Int32? {
    let file = open(url.path, O_RDWR | O_CLOEXEC)
    guard file >= 0 else { return nil }
    // One more byte than the mark, so that a longer file does not match.
    var bytes = [UInt8](repeating: 0, count: mark.count + 1)
    let count = pread(file, &bytes, bytes.count, off_t(LeaseHolder.beatText(0).utf8.count))
    guard count == mark.count, mark.elementsEqual(bytes.prefix(count)) else {
      close(file)
      return nil
    }
    return file
  }
}

/// Another process has taken over the run because this one seemed to be gone.
package struct LeaseLost: Error, Sendable, CustomStringConvertible {
  package init() {}

  package var description: String { "another process has taken it over" }
}

/// The holder of a lease, as the lease's file names it.
package struct LeaseHolder: Codable, Equatable {
  /// Names one boot of one machine, and its namespace of process numbers; empty where they are not known.
  package var machine: String
  package var host: String
  package var process: Int32
  /// The start time of the process in the system's own unit.
  package var started: String

  package static let current = LeaseHolder(
    machine: machineName, host: ProcessInfo.processInfo.hostName, process: getpid(),
    started: startTime(of: getpid()) ?? "")

  /// The line with the heartbeat; always of the same length, so that it can be overwritten.
  static func beatText(_ count: Int) -> String {
    let digits = "\(count)"
    return "beat \(String(repeating: "0", count: max(0, 18 - digits.count)))\(digits)\n"
  }

  /// Whether its process ran on this machine and has ended.
  var isGone: Bool {
    guard !machine.isEmpty, machine == Self.machineName else { return false }
    return Self.startTime(of: process) != started
  }

  private static let machineName: String = {
    let boot = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))?
      .trimmingCharacters(in: .whitespacesAndNewlines)
    let space = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
    guard let boot, let space else { return "" }
    return "\(boot) \(space)"
  }()

  /// Field 22 of /proc/PID/stat; nil for a process that has ended, a zombie included.
  private static func startTime(of process: Int32) -> String? {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      // The program's name before it, in parentheses, may contain anything.
      let end = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 19, !["Z", "X", "x"].contains(fields[0]) else { return nil }
    return String(fields[19])
  }
}
