import ExperimentSamples
import Experiments
import Foundation
import Records
import Reports
import Results
import Testing
import Training

@Suite struct HalvingTests {
  private let configuration: Experiment.Configuration

  init() throws {
    let yaml = smallFile.replacing("lr: [3e-3, 1e-2]", with: "lr: [1, 2, 3, 4, 5]")
    configuration = try Experiment(yaml: yaml, file: "x.yaml").configurations[0]
  }

  /// - Parameter rungs: how many comparisons a run has reached; nil if it has not begun.
  private func verdicts(
    _ rungs: (Double, UInt64) -> Int?, diverged: (Double, UInt64) -> Bool = { _, _ in false },
    accuracy: (Double) -> Double = { 1 - $0 / 10 }
  ) -> [Double: Set<Halving.Verdict>] {
    let result = ConfigurationResult(configuration) { run in
      let (rate, seed) = (run.configuration.training.learningRate, run.configuration.seed)
      guard let count = rungs(rate, seed) else { return nil }
      var record = RunRecord(run, machine: sampleMachine, threads: 1)
      record.status = diverged(rate, seed) ? .diverged : .paused
      record.rungs = Halving.shares(rates: 5).prefix(count).map { share in
        .init(share: share, step: 10, accuracy: accuracy(rate) + Double(seed) / 1000, loss: 1)
      }
      return record
    }
    let all = Halving.verdicts(result.searchCurve)
    return Dictionary(grouping: configuration.runs.filter { all[$0.hash] != nil }) {
      $0.configuration.training.learningRate
    }.mapValues { Set($0.map { all[$0.hash]! }) }
  }

  @Test func sharesDouble() {
    #expect(Halving.shares(rates: 1) == [])
    #expect(Halving.shares(rates: 2) == [0.5])
    #expect(Halving.shares(rates: 3) == [0.25, 0.5])
    #expect(Halving.shares(rates: 4) == [0.25, 0.5])
    #expect(Halving.shares(rates: 5) == [0.125, 0.25, 0.5])
    // One rate is trained whole; of four, four to a quarter, two to a half, one to the end.
    #expect(Halving.share(rates: 1) == 1)
    #expect(Halving.share(rates: 4) == (4 * 0.25 + 2 * 0.25 + 0.5) / 4)
  }

  @Test func nobodyIsDroppedBeforeAllAreCompared() {
    #expect(verdicts { _, _ in nil }.allSatisfy { $0.value == [.proceed] })
    let open = verdicts { rate, seed in rate == 5 && seed == 1 ? nil : 1 }
    #expect(open[1] == [.wait] && open[5] == [.wait, .proceed])
  }

  @Test func theBetterHalfGoesOn() {
    let first = verdicts { _, _ in 1 }
    #expect(first == [1: [.proceed], 2: [.proceed], 3: [.proceed], 4: [.drop], 5: [.drop]])
    let second = verdicts { rate, _ in rate > 3 ? 1 : 2 }
    #expect(second == [1: [.proceed], 2: [.proceed], 3: [.drop], 4: [.drop], 5: [.drop]])
    let last = verdicts { rate, _ in rate > 3 ? 1 : rate > 2 ? 2 : 3 }
    #expect(last == [1: [.proceed], 2: [.drop], 3: [.drop], 4: [.drop], 5: [.drop]])
  }

  /// Of four rates compared at seed 0 the fourth was dropped; then came a fifth and seed 1.
  @Test(arguments: [(0.8, [Halving.Verdict.wait, .proceed]), (0.15, [.drop, .drop])])
  func whatWasDroppedAmongFewerIsJudgedAnew(_ accuracy: Double, _ expected: [Halving.Verdict]) {
    let result = ConfigurationResult(configuration) { run in
      let rate = run.configuration.training.learningRate
      var record = RunRecord(run, machine: sampleMachine, threads: 1)
      func come(to shares: [Double], _ accuracies: [Double]) {
        record.rungs = shares.enumerated().map { index, share in
          .init(share: share, step: Int(80 * share), accuracy: accuracies[index], loss: 1)
        }
        record.evaluations = [10, 20].map { step in
          sampleEvaluation(step: step, accuracy: accuracies[0])
        }
      }
      switch (rate, run.configuration.seed) {
      case (4, 0):
        record.status = .dropped
        // After 1/8, which it was not asked for, it has this accuracy, and less after 1/4.
        come(to: [0.25], [0.1])
        record.evaluations[0] = sampleEvaluation(step: 10, accuracy: accuracy)
      case (4, _):
        record.status = .paused
        come(to: [0.125], [accuracy])
      default:
        record.status = .paused
        come(to: [0.125], [0.1 * rate])
      }
      return record
    }
    // After 1/8 rates 5 and 3 go on (0.5, 0.3) and the better of 4 and 2 (0.2).
    let fourth = result.searchCurve[3]
    #expect(fourth.runs.map(\.record?.status) == [.dropped, .paused])
    let verdicts = Halving.verdicts(result.searchCurve)
    #expect(fourth.runs.map { verdicts[$0.run.hash] } == expected)
  }

  /// The rates that were better when it was dropped are not at the seeds that came since.
  @Test func whatIsAmongTheBetterHalfByNowIsTakenUpAgain() {
    let shares = Halving.shares(rates: 5)
    let result = ConfigurationResult(configuration) { run in
      let (rate, seed) = (run.configuration.training.learningRate, run.configuration.seed)
      var record = RunRecord(run, machine: sampleMachine, threads: 1)
      record.status = rate == 5 && seed == 0 ? .dropped : .paused
      let accuracy = seed == 0 ? 0.5 - 0.1 * rate : 0.3 * rate
      let count = rate == 5 && seed == 0 ? 1 : 2
      record.rungs = shares.prefix(count).map { share in
        .init(share: share, step: Int(80 * share), accuracy: accuracy, loss: 1)
      }
      return record
    }
    let last = result.searchCurve[4]
    #expect(last.runs.map(\.record?.status) == [.paused, .paused])
    #expect(
      !result.isComplete && Halving.verdicts(result.searchCurve)[last.runs[0].run.hash] == .proceed)
  }

  @Test func ratesWithDivergedSeedsComeLast() {
    let verdicts = verdicts({ _, _ in 1 }, diverged: { rate, seed in rate == 1 && seed == 0 })
    // Rate 1 would be the best; its other seed is dropped all the same.
    #expect(verdicts == [1: [.drop], 2: [.proceed], 3: [.proceed], 4: [.proceed], 5: [.drop]])
  }
}
