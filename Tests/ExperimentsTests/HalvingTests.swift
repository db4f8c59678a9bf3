import Experiments
import Foundation
import Testing

@Suite struct HalvingTests {
  private let cell: Cell

  init() throws {
    let yaml = smallFile.replacing("lr: [3e-3, 1e-2]", with: "lr: [1, 2, 3, 4, 5]")
    cell = try Experiment(yaml: yaml, file: "x.yaml").cells[0]
  }

  /// - Parameter rungs: how many comparisons a run has come to, nil for none begun.
  private func verdicts(
    _ rungs: (Double, UInt64) -> Int?, diverged: (Double, UInt64) -> Bool = { _, _ in false },
    accuracy: (Double) -> Double = { 1 - $0 / 10 }
  ) -> [Double: Set<Halving.Verdict>] {
    let result = CellResult(cell) { run in
      let (rate, seed) = (run.configuration.training.learningRate, run.configuration.seed)
      guard let count = rungs(rate, seed) else { return nil }
      var record = RunRecord(run, machine: sampleMachine, threads: 1)
      record.status = diverged(rate, seed) ? .diverged : .paused
      record.rungs = (0..<count).map { _ in
        .init(share: 0.1, step: 10, accuracy: accuracy(rate) + Double(seed) / 1000, loss: 1)
      }
      return record
    }
    let all = Halving.verdicts(result)
    return Dictionary(grouping: cell.runs.filter { all[$0.hash] != nil }) {
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

  @Test func forecastKnowsWhereEvaluationsAre() throws {
    func forecast(every: Int) throws -> (HalvingForecast, String?) {
      let yaml = smallFile.replacing("lr: [3e-3, 1e-2]", with: "lr: [1, 2, 3, 4]")
        .replacing(
          "segments: [{sequence_length: 32, n_pairs: 8, steps: 100}, {examples: 2000}]",
          with: "segments: [{steps: 100}]\n  evaluate_every: \(every)")
      let experiment = try Experiment(yaml: yaml, file: "x.yaml")
      return (
        try HalvingForecast(experiment.cells[0]), try HalvingForecast.warning(of: experiment)
      )
    }
    // By default once, at the end.
    for every in [0, 100] {
      let (late, warning) = try forecast(every: every)
      #expect(late.share == 1 && late.isTooLate && late.neededEvery == 25)
      #expect(
        warning == "--halving drops nothing in 3 of 3 cells, where evaluations come too late: "
          + "attention is to be compared after 25, 50 % of its 100 steps, but is evaluated every 100; "
          + "evaluate_every: 25 would do")
    }
    for every in [1, 5, 25] {
      let (inTime, warning) = try forecast(every: every)
      #expect(inTime.share == Halving.share(rates: 4) && warning == nil)
    }
    // Both comparisons after 60 %: four rates until then, one from there.
    #expect(try abs(forecast(every: 60).0.share - (4 * 0.6 + 0.4) / 4) < 1e-12)
  }

  @Test func nobodyIsDroppedBeforeAllAreCompared() {
    #expect(verdicts { _, _ in nil }.allSatisfy { $0.value == [.goOn] })
    let open = verdicts { rate, seed in rate == 5 && seed == 1 ? nil : 1 }
    #expect(open[1] == [.wait] && open[5] == [.wait, .goOn])
  }

  @Test func theBetterHalfGoesOn() {
    let first = verdicts { _, _ in 1 }
    #expect(first == [1: [.goOn], 2: [.goOn], 3: [.goOn], 4: [.drop], 5: [.drop]])
    let second = verdicts { rate, _ in rate > 3 ? 1 : 2 }
    #expect(second == [1: [.goOn], 2: [.goOn], 3: [.drop], 4: [.drop], 5: [.drop]])
    let last = verdicts { rate, _ in rate > 3 ? 1 : rate > 2 ? 2 : 3 }
    #expect(last == [1: [.goOn], 2: [.drop], 3: [.drop], 4: [.drop], 5: [.drop]])
  }

  @Test func ratesWithDivergedSeedsComeLast() {
    let verdicts = verdicts({ _, _ in 1 }, diverged: { rate, seed in rate == 1 && seed == 0 })
    // Rate 1 would be the best; its other seed is dropped all the same.
    #expect(verdicts == [1: [.drop], 2: [.goOn], 3: [.goOn], 4: [.goOn], 5: [.drop]])
  }
}
