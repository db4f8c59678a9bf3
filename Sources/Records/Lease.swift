import Foundation
import Storage
import Synchronization

/// The right to work on one run, until it is released or taken over.
///
/// A lease is a file `leases/HASH.N`. N counts how often the run was taken; the file with the highest is the one
/// that holds. It comes into being by a hard link, which only one process can make. Its holder rewrites a counter
/// in it, the beat. A holder on the same machine is gone when its process is; one elsewhere when its beat has
/// stood still for `LeaseBook.seconds` by the observer's own monotonic clock, so no clock needs to be right.
/// Numbers begin again at 1 when no file is left, so the file also bears a mark that no other lease has. A holder
/// that was stopped meanwhile finds a higher N, its file gone or another's mark, before it writes anything.
///
/// It may be stopped after it has looked, too. So it looks when a file is written beside its place and only to be
/// renamed; and whoever takes a run over first makes the lease, then removes such files, then reads. Either the
/// look finds the new lease, or the file is there to be removed, and renaming it fails.
public final class Lease: Sendable {
  let hash: String
  let number: Int
  let url: URL
  /// What follows the beat in its file: the holder, and a random line.
  private let mark: Data
  private let lost = Atomic<Bool>(false)
  private let beats = Atomic<Int>(0)

  init(hash: String, number: Int, holder: LeaseHolder, in folder: URL) throws {
    self.hash = hash
    self.number = number
    url = Self.url(hash, number, in: folder)
    mark = try JSONEncoder().encode(holder) + Data("\n\(UUID().uuidString)\n".utf8)
  }

  /// What its file says at first.
  var text: Data { Data(LeaseHolder.beatText(0).utf8) + mark }

  static func url(_ hash: String, _ number: Int, in folder: URL) -> URL {
    folder.appendingPathComponent("\(hash).\(number)")
  }

  /// What was known at the last beat.
  public var isHeld: Bool { !lost.load(ordering: .relaxed) }

  /// Throws `LeaseLost` if another process has taken the run over. To be called when a file is about to be put in its place.
  public func confirm() throws {
    let next = Self.url(hash, number + 1, in: url.deletingLastPathComponent())
    let file = openOwn()
    if file == nil || access(next.path, F_OK) == 0 { lost.store(true, ordering: .relaxed) }
    if let file { close(file) }
    guard isHeld else { throw LeaseLost() }
  }

  /// Shows that the holder lives.
  func beat() {
    guard (try? confirm()) != nil, let file = openOwn() else { return }
    let count = beats.add(1, ordering: .relaxed).newValue
    // In place: it needs no space on a full disk.
    let text = LeaseHolder.beatText(count)
    _ = text.withCString { pwrite(file, $0, text.utf8.count, 0) }
    close(file)
  }

  /// Ends the lease; whoever took it over keeps theirs.
  public func release() {
    if let file = openOwn() {
      unlink(url.path)
      close(file)
    }
    lost.store(true, ordering: .relaxed)
  }

  /// A descriptor of the file, to be closed by the caller; nil if it is gone or another lease's.
  private func openOwn() -> Int32? {
    let file = open(url.path, O_RDWR | O_CLOEXEC)
    guard file >= 0 else { return nil }
    // One byte more than its own has, so that a longer file is not taken for it.
    var bytes = [UInt8](repeating: 0, count: mark.count + 1)
    let count = pread(file, &bytes, bytes.count, off_t(LeaseHolder.beatText(0).utf8.count))
    guard count == mark.count, mark.elementsEqual(bytes.prefix(count)) else {
      close(file)
      return nil
    }
    return file
  }
}

/// Another process has taken over the run, after this one seemed to be gone.
public struct LeaseLost: Error, Sendable, CustomStringConvertible {
  public var description: String { "another process has taken it over" }
}

/// Who holds a lease, as its file says.
package struct LeaseHolder: Codable, Equatable {
  /// Names this start of this machine, and its numbering of processes; empty where that is not known.
  package var machine: String
  package var host: String
  package var process: Int32
  /// When the process started, as the system counts it.
  package var started: String

  package static let current = LeaseHolder(
    machine: machineName, host: ProcessInfo.processInfo.hostName, process: getpid(),
    started: startTime(of: getpid()) ?? "")

  /// Of one length, so that it can be overwritten.
  static func beatText(_ count: Int) -> String {
    let digits = "\(count)"
    return "beat \(String(repeating: "0", count: max(0, 18 - digits.count)))\(digits)\n"
  }

  /// Whether its process is known to be gone.
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

  /// Field 22 of /proc/PID/stat; nil for a process that is gone, or dead and not yet buried.
  private static func startTime(of process: Int32) -> String? {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      // The name before, in parentheses, may hold anything.
      let end = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 19, !["Z", "X", "x"].contains(fields[0]) else { return nil }
    return String(fields[19])
  }
}
