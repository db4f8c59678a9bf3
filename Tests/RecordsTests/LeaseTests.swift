import ExperimentSamples
import Experiments
import Foundation
import Records
import Storage
import Synchronization
import Testing
import Training

@Suite struct LeaseTests {
  let folder: TemporaryFolder
  private let clock = TestClock()

  init() throws { folder = try TemporaryFolder() }

  /// Seconds that only the test moves.
  private final class TestClock: Sendable {
    private let time = Mutex(0.0)
    var now: Double { time.withLock { $0 } }
    func advance(_ seconds: Double) { time.withLock { $0 += seconds } }
  }

  private func holder(_ machine: String, process: Int32 = 1) -> LeaseHolder {
    var holder = LeaseHolder.current
    (holder.machine, holder.process) = (machine, process)
    return holder
  }

  private func manager(_ holder: LeaseHolder) -> LeaseManager {
    LeaseManager(folder: folder.url, seconds: 100, holder: holder) { [clock] in clock.now }
  }

  private var files: [String] {
    let path = folder.url.appendingPathComponent("leases").path
    return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  @Test func oneOfManyGetsIt() async throws {
    for round in 0..<20 {
      let winners = try await withThrowingTaskGroup(of: Lease?.self) { group in
        for machine in 0..<8 {
          let manager = manager(holder("machine \(machine)"))
          group.addTask { try manager.acquire("run\(round)") }
        }
        return try await group.reduce(into: [Lease]()) { all, lease in
          if let lease { all.append(lease) }
        }
      }
      #expect(winners.count { (try? $0.confirm()) != nil } == 1)
    }
  }

  @Test func releasedLeaseIsFree() throws {
    let (a, b) = (manager(holder("a")), manager(holder("b")))
    let lease = try #require(try a.acquire("run"))
    #expect(try b.acquire("run") == nil)
    #expect(try b.acquire("other") != nil)
    a.release(lease)
    #expect(!lease.isHeld)
    #expect(try b.acquire("run") != nil)
    b.close()
    #expect(files.isEmpty)
  }

  @Test(arguments: [Int.max, Int.max - 1])
  func aFileOfAnImpossibleNumberIsNoLease(number: Int) throws {
    let a = manager(holder("a"))
    let lease = try #require(try a.acquire("run"))
    a.release(lease)
    try Data().write(to: folder.url.appending(path: "leases/run.\(number)"))
    #expect(try a.acquire("run") != nil)
  }

  @Test func silentHolderIsTakenOver() throws {
    let (a, b) = (manager(holder("a")), manager(holder("b")))
    let lease = try #require(try a.acquire("run"))
    for _ in 0..<30 {
      clock.advance(10)
      a.beat()
      #expect(try b.acquire("run") == nil)
    }
    // One look after a long pause is not enough: the holder may have slept as well.
    clock.advance(1000)
    #expect(try b.acquire("run") == nil)
    clock.advance(99)
    #expect(try b.acquire("run") != nil)
    #expect(files == ["run.2"])
    #expect(throws: LeaseLost.self) { try lease.confirm() }
    #expect(!lease.isHeld)
    a.beat()
    a.release(lease)
    #expect(files == ["run.2"])
  }

  /// As that of another user, or a file of a terabyte. While it changes, its holder is alive.
  @Test func aLeaseThatCannotBeReadIsNamed() throws {
    let said = Mutex<[String]>([])
    let b = LeaseManager(
      folder: folder.url, seconds: 100, holder: holder("b"),
      warn: { text in said.withLock { $0.append(text) } }, now: { [clock] in clock.now })
    let url = folder.url.appending(path: "leases/run.1")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data().write(to: url)
    #expect(truncate(url.path, 1 << 40) == 0)
    for second in 0..<4 {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: 1e9 + Double(second))],
        ofItemAtPath: url.path)
      #expect(try b.acquire("run") == nil)
      clock.advance(60)
    }
    #expect(said.withLock { $0.count } == 1)
    #expect(said.withLock { $0[0].contains("leases/run.1: has 1099511627776 bytes") })
    #expect(said.withLock { $0[0].contains("100 s") })
    #expect(try b.acquire("other") != nil)
    #expect(try b.acquire("run") == nil)
    clock.advance(60)
    #expect(try b.acquire("run") != nil)
    #expect(files == ["other.1", "run.2"])
  }

  /// Folders, pipes and links that have the name of a lease keep no run from being leased.
  @Test func whatIsNoLeaseIsPassedOver() throws {
    let path = folder.url.appending(path: "leases").path
    try FileManager.default.createDirectory(
      atPath: "\(path)/run.1", withIntermediateDirectories: true)
    #expect(mkfifo("\(path)/pipe.1", 0o600) == 0)
    #expect(symlink("loop.4", "\(path)/loop.4") == 0)
    let (a, b) = (manager(holder("a")), manager(holder("b")))
    for (hash, name) in [("run", "run.2"), ("pipe", "pipe.2"), ("loop", "loop.5")] {
      let lease = try #require(try a.acquire(hash))
      #expect(files.contains(name))
      try lease.confirm()
      #expect(try b.acquire(hash) == nil)
      a.release(lease)
      #expect(try b.acquire(hash) != nil)
    }
  }

  /// Holder a sleeps while b takes over and ends; c then gets a file of the name that a's had.
  @Test(arguments: ["a", "c"])
  func sleeperTellsANewLeaseFromItsOwn(third: String) throws {
    let (a, b, c) = (manager(holder("a")), manager(holder("b")), manager(holder(third)))
    let sleeping = try #require(try a.acquire("run"))
    for _ in 0..<3 {
      #expect(try b.acquire("run") == nil)
      clock.advance(40)
    }
    b.release(try #require(try b.acquire("run")))
    #expect(files.isEmpty)
    let lease = try #require(try c.acquire("run"))
    #expect(files == ["run.1"])
    let url = folder.url.appendingPathComponent("leases/run.1")
    let text = try Data(contentsOf: url)
    a.beat()
    #expect(try Data(contentsOf: url) == text)
    #expect(throws: LeaseLost.self) { try sleeping.confirm() }
    #expect(!sleeping.isHeld)
    a.release(sleeping)
    try lease.confirm()
    #expect(try Data(contentsOf: url) == text)
  }

  /// The same, for a sleeper that wakes up as it releases.
  @Test func sleepersReleaseKeepsANewLease() throws {
    let (a, c) = (manager(holder("a")), manager(holder("c")))
    let sleeping = try #require(try a.acquire("run"))
    try FileManager.default.removeItem(at: folder.url.appendingPathComponent("leases/run.1"))
    let lease = try #require(try c.acquire("run"))
    a.release(sleeping)
    try lease.confirm()
    #expect(files == ["run.1"])
  }

  /// Holder a is stopped after it has checked its lease and before it renames a finished file.
  @Test func stoppedBeforeItWritesItWritesNothing() throws {
    let experiment = try Experiment(yaml: smallFile, file: "small.yaml")
    let run = experiment.runs[0]
    let store = RunStore(runs: folder.url, experiment: "small")
    func manager(_ name: String) -> LeaseManager {
      LeaseManager(folder: store.folder, seconds: 100, holder: holder(name)) { [clock] in clock.now
      }
    }
    let (a, b) = (manager("a"), manager("b"))
    let stopped = try #require(try a.acquire(run.hash))
    var record = RunRecord(run, machine: sampleMachine, threads: 1)
    record.evaluations = [sampleEvaluation(step: 5, accuracy: 0.25)]
    var further = record
    further.status = .finished
    further.evaluations.append(sampleEvaluation(step: 10, accuracy: 0.5))
    #expect(throws: FileError.self) {
      try store.save(record, of: run) {
        try stopped.confirm()
        for _ in 0..<3 {
          #expect(try b.acquire(run.hash) == nil)
          clock.advance(40)
        }
        let lease = try #require(try b.acquire(run.hash))
        try store.save(further, of: run, after: lease.confirm)
        b.release(lease)
      }
    }
    #expect(try store.record(of: run)?.status == .finished)
    #expect(throws: LeaseLost.self) { try stopped.confirm() }
    let names = try FileManager.default.contentsOfDirectory(atPath: store.folder.path)
    #expect(names.filter { $0.hasSuffix(".partial") }.isEmpty)
  }

  /// The same, before it renames a damaged record.
  @Test func stoppedBeforeItSetsAsideItPutsBackWhatCameSince() throws {
    let experiment = try Experiment(yaml: smallFile, file: "small.yaml")
    let run = experiment.runs[0]
    let store = RunStore(runs: folder.url, experiment: "small")
    let manager = LeaseManager(folder: store.folder, seconds: 100, holder: holder("a")) { 0 }
    let lease = try #require(try manager.acquire(run.hash))
    let url = store.url(of: run.hash)
    try Data("half".utf8).write(to: url)
    let seen = store.signature(of: url)
    try store.save(RunRecord(run, machine: sampleMachine, threads: 1), of: run)
    let good = try Data(contentsOf: url)
    #expect(throws: LeaseLost.self) {
      try store.setAside(url, as: seen, holding: lease, because: "it is cut", then: "")
    }
    #expect(try Data(contentsOf: url) == good)
    let names = try FileManager.default.contentsOfDirectory(atPath: store.folder.path)
    #expect(names.sorted() == [url.lastPathComponent, "leases"].sorted())
  }

  /// The beat is a count; what clocks say of the file does not matter.
  @Test(arguments: [0, 4e9])
  func clockJumpsDoNotEndALease(date: Double) throws {
    let (a, b) = (manager(holder("a")), manager(holder("b")))
    let lease = try #require(try a.acquire("run"))
    for _ in 0..<10 {
      let path = folder.url.appendingPathComponent("leases/run.1").path
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: date)], ofItemAtPath: path)
      clock.advance(5)
      #expect(try b.acquire("run") == nil)
    }
    try lease.confirm()
  }

  @Test func deadProcessOfThisMachineIsTakenOverAtOnce() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "true"]
    try process.run()
    process.waitUntilExit()
    try #require(!LeaseHolder.current.machine.isEmpty)
    let here = LeaseHolder.current.machine
    let dead = manager(holder(here, process: process.processIdentifier))
    let lease = try #require(try dead.acquire("run"))
    let mine = manager(.current)
    #expect(try mine.acquire("run") != nil)
    #expect(throws: LeaseLost.self) { try lease.confirm() }
    // The same number, but of a process that started later.
    var reused = LeaseHolder.current
    reused.started = "1"
    _ = try manager(reused).acquire("other")
    #expect(try mine.acquire("other") != nil)
    // And one that lives is not.
    #expect(try manager(.current).acquire("other") == nil)
  }

  @Test func halfWrittenLeaseExpires() throws {
    let leases = folder.url.appendingPathComponent("leases")
    try FileManager.default.createDirectory(at: leases, withIntermediateDirectories: true)
    try Data("be".utf8).write(to: leases.appendingPathComponent("run.7"))
    let a = manager(holder("a"))
    for _ in 0..<3 {
      #expect(try a.acquire("run") == nil)
      clock.advance(40)
    }
    #expect(try a.acquire("run") != nil)
    #expect(files == ["run.8"])
  }
}
