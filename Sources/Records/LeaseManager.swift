import Foundation
import Storage
import Synchronization

/// Hands out the leases of an experiment's runs to this process, and keeps them alive.
public final class LeaseBook: Sendable {
  /// What was seen of a lease that someone else holds.
  private struct Sighting {
    var number: Int
    var text: Data
    var since: Double
    var looks: Int
  }

  private struct State {
    var held: [String: Lease] = [:]
    var sightings: [String: Sighting] = [:]
    var isClosed = false
  }

  /// How long a beat must stand still until its holder counts as gone.
  public let seconds: Double
  private let records: URL
  private let folder: URL
  private let holder: LeaseHolder
  private let now: @Sendable () -> Double
  private let state = Mutex(State())

  /// - Parameters:
  ///   - folder: that of the experiment's records.
  ///   - now: seconds by a clock that nobody sets and that stands still while the machine sleeps.
  public convenience init(folder: URL, seconds: Double) {
    let start = SuspendingClock.now
    self.init(folder: folder, seconds: seconds, holder: .current) {
      let time = start.duration(to: .now).components
      return Double(time.seconds) + Double(time.attoseconds) * 1e-18
    }
    keepBeating()
  }

  package init(
    folder: URL, seconds: Double, holder: LeaseHolder, now: @escaping @Sendable () -> Double
  ) {
    records = folder
    self.folder = folder.appendingPathComponent("leases", isDirectory: true)
    self.seconds = seconds
    self.holder = holder
    self.now = now
  }

  /// The lease of a run, or nil while someone else holds it. What an earlier holder was about to put in its place
  /// is gone then.
  public func acquire(_ hash: String) throws -> Lease? {
    let top = numbers(of: hash).max() ?? 0
    if top > 0, !isOver(hash, top) { return nil }
    guard let lease = try create(hash, top + 1) else { return nil }
    let others = numbers(of: hash)
    guard others.max() == lease.number else {
      lease.release()
      return nil
    }
    for number in others where number < lease.number {
      unlink(Lease.url(hash, number, in: folder).path)
    }
    for place in [folder, records] { AtomicFile.removePartialFiles(of: hash, in: place) }
    state.withLock { state in
      state.held[hash] = lease
      state.sightings[hash] = nil
    }
    return lease
  }

  public func release(_ lease: Lease) {
    state.withLock { $0.held[lease.hash] = nil }
    lease.release()
  }

  /// Shows that this process lives.
  package func beat() {
    for lease in state.withLock({ Array($0.held.values) }) { lease.beat() }
  }

  /// Releases everything, clears up after processes of this machine that were killed, and removes the folder of
  /// leases if nobody else has any.
  public func close() {
    let held = state.withLock { state in
      state.isClosed = true
      defer { state.held = [:] }
      return Array(state.held.values)
    }
    for lease in held { lease.release() }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for url in names.map(folder.appendingPathComponent) {
      let text = (try? Data(contentsOf: url)) ?? Data()
      if Self.holder(in: text)?.isGone == true { unlink(url.path) }
    }
    rmdir(folder.path)
  }

  /// Who holds which lease in a folder of records, with the seconds since the last sign of life by this
  /// machine's clock: to be shown, not to be decided by. Without those that are known to be gone.
  static func holders(
    in folder: URL
  ) -> [String: (host: String, process: Int32, silent: Double)] {
    let folder = folder.appendingPathComponent("leases", isDirectory: true)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    var top: [String: Int] = [:]
    for name in names {
      let parts = name.split(separator: ".")
      guard parts.count == 2, let number = Int(parts[1]) else { continue }
      top[String(parts[0])] = max(top[String(parts[0])] ?? 0, number)
    }
    return top.reduce(into: [:]) { holders, entry in
      let url = Lease.url(entry.key, entry.value, in: folder)
      guard let text = try? Data(contentsOf: url), let holder = holder(in: text), !holder.isGone
      else { return }
      let date = try? url.resourceValues(forKeys: [.contentModificationDateKey])
        .contentModificationDate
      holders[entry.key] = (
        holder.host, holder.process, max(0, -(date?.timeIntervalSinceNow ?? 0))
      )
    }
  }

  /// The second line of a lease's file.
  private static func holder(in text: Data) -> LeaseHolder? {
    let line = text.split(separator: UInt8(ascii: "\n")).dropFirst().first ?? Data()
    return try? JSONDecoder().decode(LeaseHolder.self, from: Data(line))
  }

  private func keepBeating() {
    let pause = min(5, seconds / 10)
    let thread = Thread { [weak self] in
      while let self, !state.withLock({ $0.isClosed }) {
        beat()
        Thread.sleep(forTimeInterval: pause)
      }
    }
    thread.start()
  }

  private func numbers(of hash: String) -> [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    // What was never a lease, as a folder or a number that nobody comes to, is none.
    return names.filter { $0.hasPrefix("\(hash).") }
      .compactMap { Int($0.dropFirst(hash.count + 1)) }
      .filter { number in
        var status = stat()
        let path = Lease.url(hash, number, in: folder).path
        return number < 1 << 48
          && (lstat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG)
      }
  }

  /// Whether the holder of a lease is gone.
  private func isOver(_ hash: String, _ number: Int) -> Bool {
    guard let text = try? Data(contentsOf: Lease.url(hash, number, in: folder)) else {
      // Released just now; the next look will tell.
      return false
    }
    if Self.holder(in: text)?.isGone == true { return true }
    let time = now()
    return state.withLock { state in
      guard var sighting = state.sightings[hash], sighting.number == number, sighting.text == text
      else {
        state.sightings[hash] = Sighting(number: number, text: text, since: time, looks: 1)
        return false
      }
      sighting.looks += 1
      state.sightings[hash] = sighting
      // A single look after a long pause proves nothing: the holder may have paused as well.
      return sighting.looks > 2 && time - sighting.since > seconds
    }
  }

  /// nil if another process was faster.
  private func create(_ hash: String, _ number: Int) throws -> Lease? {
    let lease = try Lease(hash: hash, number: number, holder: holder, in: folder)
    // Another process may remove the empty folder in between.
    for attempt in 1... {
      do {
        try makeFolder(folder)
        return try AtomicFile.writeNew(lease.text, to: lease.url) ? lease : nil
      } catch let error as FileError where error.isMissing && attempt < 100 {
        continue
      }
    }
    return nil
  }
}
