import Foundation
import Testing

/// A folder with one damaged file at a time. Should reading end the process, the file is still there.
final class FuzzFolder {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "fuzz-\(UUID())")
  private let url: URL
  private let clock = ContinuousClock()

  /// How long a test may go on: `RECALLBENCH_FUZZ_SECONDS`, or 10 seconds.
  static let seconds =
    ProcessInfo.processInfo.environment["RECALLBENCH_FUZZ_SECONDS"].flatMap(Double.init) ?? 10

  /// - Parameter name: the file's.
  init(_ name: String) throws {
    url = folder.appending(path: name)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Calls `read` with damaged files until the time is over; returns how many there were.
  ///
  /// - Parameters:
  ///   - file: the file of a trial.
  ///   - read: reads it, in less than two seconds; returns what is then done with it, which may take longer.
  @discardableResult
  func run(
    file: (_ trial: Int) throws -> Data, read: (URL, Data) throws -> (() throws -> Void)?
  ) throws -> Int {
    let end = clock.now + .seconds(Self.seconds)
    var trial = 0
    repeat {
      trial += 1
      try check(file(trial), "trial \(trial)", read)
    } while clock.now < end
    return trial
  }

  /// The same for given cases, all of them.
  func run<Case>(
    cases: [Case], file: (Case) throws -> Data, read: (URL, Data) throws -> (() throws -> Void)?
  ) throws {
    for (index, one) in cases.enumerated() { try check(file(one), "case \(index)", read) }
  }

  private func check(
    _ data: Data, _ name: String, _ read: (URL, Data) throws -> (() throws -> Void)?
  ) throws {
    try data.write(to: url)
    var then: (() throws -> Void)?
    let time = clock.measure {
      do {
        then = try read(url, data)
      } catch {
        Issue.record("\(name): \(error)")
      }
    }
    #expect(time < .seconds(2), "\(name)")
    do {
      try then?()
    } catch {
      Issue.record("\(name): \(error)")
    }
    // A file that is overwritten in place is flushed to the disk by some file systems: slow.
    try FileManager.default.removeItem(at: url)
  }
}

/// RecallBench's own folder.
let projectFolder = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()
