import Foundation
import Testing

/// A folder with one damaged file at a time. If reading it ends the process, the file is still there.
final class FuzzFolder {
  typealias Reader = (_ url: URL, _ data: Data) throws -> Void

  private let folder = FileManager.default.temporaryDirectory.appending(path: "fuzz-\(UUID())")
  private let url: URL

  /// Processor time of a test: `RECALLBENCH_FUZZ_SECONDS`, or 5 seconds.
  private static let seconds =
    ProcessInfo.processInfo.environment["RECALLBENCH_FUZZ_SECONDS"].flatMap(Double.init) ?? 5
  /// The most processor time for one file. Reading a large sweep takes one or two seconds without optimisation; an
  /// endless loop takes longer than this.
  private static let longest = 20.0
  /// The least number of files that are tried, whatever time they take.
  private static let fewest = 20

  /// - Parameter name: the file's, a path below the folder.
  init(_ name: String) throws {
    url = folder.appending(path: name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Calls `read` with the files of trials 1, 2, … until the time is over; returns how many there were.
  @discardableResult
  func run(file: (_ trial: Int) throws -> Data?, read: Reader) throws -> Int {
    let began = Self.processorSeconds
    var trial = 0
    while trial < Self.fewest || Self.processorSeconds - began < Self.seconds {
      guard let data = try file(trial + 1) else { break }
      trial += 1
      try check(data, "trial \(trial)", read)
    }
    return trial
  }

  private func check(_ data: Data, _ name: String, _ read: Reader) throws {
    try data.write(to: url)
    let began = Self.processorSeconds
    do {
      try read(url, data)
    } catch {
      Issue.record("\(name): \(error)")
    }
    let time = Self.processorSeconds - began
    #expect(time < Self.longest, "\(name)")
    // Removed first, because some file systems flush a file that is overwritten to the disk, which is slow.
    try FileManager.default.removeItem(at: url)
  }

  /// The processor time of this thread; other threads and processes do not count.
  private static var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }
}

/// RecallBench's own folder.
let projectFolder = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()
