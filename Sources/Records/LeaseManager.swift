import Foundation
import Storage
import Support
import Synchronization

/// Takes leases of an experiment's runs for this process, and keeps their heartbeats going.
package final class LeaseManager: Sendable {
  /// What this process has seen of a lease that another process holds.
  private struct Sighting {
    var number: Int
    var text: Data
    var since: Double
    var looks: Int
  }

  private struct State {
    var held: [String: Lease] = [:]
    var sightings: [String: Sighting] = [:]
    /// Runs whose lease cannot be read. A warning was given for each.
    var unreadable: Set<String> = []
    var isClosed = false
  }

  /// A holder counts as gone when its heartbeat has not changed for so long.
  package let seconds: Double
  private let records: URL
  private let folder: URL
  private let holder: LeaseHolder
  private let now: @Sendable () -> Double
  private let warn: @Sendable (String) -> Void
  private let state = Mutex(State())

  /// - Parameters:
  ///   - folder: the folder of the experiment's records.
  ///   - seconds: a holder counts as gone when its heartbeat has not changed for so long.
  ///   - warn: is called for leases that cannot be read.
  package convenience init(
    folder: URL, seconds: Double, warn: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    let start = SuspendingClock.now
    self.init(folder: folder, seconds: seconds, holder: .current, warn: warn) {
      let time = start.duration(to: .now).components
      return Double(time.seconds) + Double(time.attoseconds) * 1e-18
    }
    keepBeating()
  }

  package init(
    folder: URL, seconds: Double, holder: LeaseHolder,
    warn: @escaping @Sendable (String) -> Void = { _ in }, now: @escaping @Sendable () -> Double
  ) {
    records = folder
    self.folder = folder.appendingPathComponent("leases", isDirectory: true)
    self.seconds = seconds
    self.holder = holder
    (self.warn, self.now) = (warn, now)
  }

  /// Takes the lease of a run, and removes files that an earlier holder left unfinished; nil while another process
  /// holds it.
  package func acquire(_ hash: String) throws -> Lease? {
    let entries = try entries(of: hash)
    let top = entries.leases.max() ?? 0
    if top > 0, !isOver(hash, top) { return nil }
    guard let lease = try create(hash, max(top, entries.others.max() ?? 0) + 1) else { return nil }
    let others = try self.entries(of: hash).leases
    guard others.max() == lease.number else {
      lease.release()
      return nil
    }
    for number in others where number < lease.number {
      unlink(Lease.url(hash, number, in: folder).path)
    }
    for directory in [folder, records] { AtomicFile.removePartialFiles(of: hash, in: directory) }
    state.withLock { state in
      state.held[hash] = lease
      state.sightings[hash] = nil
    }
    return lease
  }

  package func release(_ lease: Lease) {
    state.withLock { $0.held[lease.hash] = nil }
    lease.release()
  }

  /// Rewrites the heartbeats of all leases that this process holds.
  package func beat() {
    for lease in state.withLock({ Array($0.held.values) }) { lease.beat() }
  }

  /// Releases all leases, removes those of this machine's processes that have ended, and removes the folder of
  /// leases if it is empty then.
  package func close() {
    let held = state.withLock { state in
      state.isClosed = true
      defer { state.held = [:] }
      return Array(state.held.values)
    }
    for lease in held { lease.release() }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for url in names.map(folder.appendingPathComponent) {
      if Self.holder(in: (try? Self.text(of: url)) ?? Data())?.isGone == true { unlink(url.path) }
    }
    rmdir(folder.path)
  }

  /// The holder of each leased run in a folder of records, by hash, without holders that are known to be gone.
  ///
  /// `silent`: seconds since the last heartbeat by this machine's clock. It is only good enough to be shown.
  package static func holders(
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
      guard let text = try? text(of: url), let holder = holder(in: text), !holder.isGone
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
    WorkerThread.start(stack: 512 << 10) { [weak self] in
      while let self, !state.withLock({ $0.isClosed }) {
        beat()
        Thread.sleep(forTimeInterval: pause)
      }
    }
  }

  /// Throws `FileError` if the folder is there and cannot be read: the process that holds a run would not be seen.
  ///
  /// - Returns: the numbers of a run's leases, and of other things that have the name of one, such as a folder or a pipe.
  private func entries(of hash: String) throws -> (leases: [Int], others: [Int]) {
    var status = stat()
    guard stat(folder.path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      return ([], [])
    }
    let names: [String]
    do {
      names = try folderContents(folder)
    } catch {
      // It may have been removed just now: the last holder of a lease does that.
      guard stat(folder.path, &status) == 0 else { return ([], []) }
      throw error
    }
    // A file with an impossible number was never a lease.
    let numbers = names.filter { $0.hasPrefix("\(hash).") }
      .compactMap { Int($0.dropFirst(hash.count + 1)) }.filter { $0 < 1 << 48 }
    func isLease(_ number: Int) -> Bool {
      var status = stat()
      return lstat(Lease.url(hash, number, in: folder).path, &status) != 0
        || status.st_mode & S_IFMT == S_IFREG
    }
    return (numbers.filter(isLease), numbers.filter { !isLease($0) })
  }

  /// Whether the holder of a lease is gone.
  private func isOver(_ hash: String, _ number: Int) -> Bool {
    // Without a text it was released just now; the next look will show that.
    guard let text = text(of: hash, number) else { return false }
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
      // One look after a long pause proves nothing, because the holder's machine may have slept as well.
      return sighting.looks > 2 && time - sighting.since > seconds
    }
  }

  /// What the lease's file says. Of one that cannot be read, such as that of another user, it is the time of the last
  /// change: each heartbeat changes that, too.
  private func text(of hash: String, _ number: Int) -> Data? {
    let url = Lease.url(hash, number, in: folder)
    do {
      return try Self.text(of: url)
    } catch let error as FileError where !error.isMissing {
      var status = stat()
      guard stat(url.path, &status) == 0 else { return nil }
      if state.withLock({ $0.unreadable.insert(hash).inserted }) {
        warn(
          "\(error); the run waits until this lease is removed, or does not change for "
            + "\(significant(seconds, 3)) s; other runs go on")
      }
      #if os(Linux)
        let time = status.st_mtim
      #else
        let time = status.st_mtimespec
      #endif
      return Data("\(time.tv_sec) \(time.tv_nsec)".utf8)
    } catch {
      return nil
    }
  }

  /// A lease has some hundred bytes.
  private static func text(of url: URL) throws -> Data { try readFile(url, limit: 1 << 16) }

  /// Creates the lease's file; nil if another process was faster.
  private func create(_ hash: String, _ number: Int) throws -> Lease? {
    let lease = try Lease(hash: hash, number: number, holder: holder, in: folder)
    // Another process may remove the empty folder in between; then try again.
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
