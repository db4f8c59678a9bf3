import Foundation
import Testing

/// SIGTERM in the middle of a long evaluation, test scoring or step.
@Suite(.serialized) struct SignalTests {
  /// Seconds until a process has stopped: 2, and as many for a machine that other programs use.
  private static let limit = 4.0

  private func experiment(_ training: String, length: Int = 16) -> String {
    """
    task: {kind: mqar, sequence_length: \(length), n_pairs: 2, vocab_size: 512}
    training: {lr: 3e-3, stages: [{steps: 2}], evaluate_every: 2, \(training)}
    rows:
      - {label: attention, model: {kind: attention, d_model: 32, n_layers: 2}}
    """
  }

  /// Sends a signal when `isThere`, and returns the seconds until the process has ended.
  private func stop(
    _ sandbox: RecallProcess, by number: Int32 = SIGTERM, when isThere: () throws -> Bool
  ) throws -> Double {
    let process = try sandbox.start(
      ["run", "tasks/tiny.yaml", "--jobs", "1", "--threads", "2", "--checkpoint-seconds", "0.2"])
    try sandbox.wait(for: process, until: isThere)
    let watch = ContinuousClock.now
    kill(process.processIdentifier, number)
    process.waitUntilExit()
    #expect(process.terminationStatus == 130, "\(sandbox.text("stderr"))")
    #expect(
      sandbox.text("stderr").contains(
        "paused; to go on: recall run tasks/tiny.yaml --jobs 1 --threads 2 --checkpoint-seconds 0.2\n"
      ))
    return (ContinuousClock.now - watch) / .seconds(1)
  }

  @Test func aLongTestScoringStopsAndGoesOn() throws {
    let sandbox = try RecallProcess(
      experiment: experiment("batch_size: 8, validation_examples: 8, test_examples: 3000000"))
    defer { sandbox.remove() }
    func scored() throws -> Int {
      let progress = try sandbox.records().values.first?["test_progress"] as? [String: Any]
      return progress?["examples"] as? Int ?? 0
    }
    var last = 0
    for _ in 0..<2 {
      let seconds = try stop(sandbox) { try scored() > last }
      #expect(seconds < Self.limit)
      #expect(try scored() > last)
      last = try scored()
    }
  }

  @Test func aLongValidationStopsAndGoesOn() throws {
    let sandbox = try RecallProcess(
      experiment: experiment("batch_size: 8, validation_examples: 3000000, test_examples: 8"))
    defer { sandbox.remove() }
    func checkpoint() throws -> Data? {
      guard
        let name = (try? sandbox.files())?.first(where: {
          $0.hasSuffix(".checkpoint.safetensors") && !$0.hasPrefix(".")
        })
      else { return nil }
      return try? Data(contentsOf: sandbox.folder.appending(path: "runs/tiny/\(name)"))
    }
    var last: Data?
    for _ in 0..<2 {
      let seconds = try stop(sandbox) { try checkpoint() != last }
      #expect(seconds < Self.limit)
      let saved = try #require(try checkpoint())
      #expect(saved != last && saved.range(of: Data("unfinished_evaluation".utf8)) != nil)
      last = saved
    }
  }

  /// SIGHUP comes when a terminal is closed.
  @Test(arguments: [SIGTERM, SIGHUP]) func aLongStepStops(by number: Int32) throws {
    // Programs that were started by nohup, and what they start, ignore it.
    let before = signal(SIGHUP, SIG_DFL)
    defer { signal(SIGHUP, before) }
    let sandbox = try RecallProcess(
      experiment: experiment(
        "batch_size: 20000, validation_examples: 8, test_examples: 8", length: 256))
    defer { sandbox.remove() }
    let seconds = try stop(sandbox, by: number) {
      try sandbox.records().values.contains { $0["status"] as? String == "running" }
    }
    #expect(seconds < Self.limit)
    #expect(try sandbox.records().values.first?["status"] as? String == "paused")
  }
}
