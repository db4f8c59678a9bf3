import ExperimentSamples
import Experiments
import Foundation
import Records
import Reports
import Results
import Storage
import Support
import Testing
import Training

@Suite struct MeanDifferenceTests {
  /// SciPy's ttest_ind(b, a, equal_var=False): 3.53 degrees of freedom and this interval.
  @Test func agreesWithSciPy() throws {
    let a = try #require(MeanInterval([2.2, 2.6, 2.1, 2.4]))
    let b = try #require(MeanInterval([3.1, 2.7, 3.3]))
    let difference = MeanDifference(from: a, to: b)
    #expect(abs(difference.value - 0.708333) < 1e-6)
    let interval = try #require(difference.interval)
    #expect(abs(interval.lowerBound - 0.09788443746) < 1e-9)
    #expect(abs(interval.upperBound - 1.31878222920) < 1e-9)
    #expect(abs(try #require(difference.pValue) - 0.03317363964702892) < 1e-9)
    // The other way round it is mirrored.
    let mirrored = try #require(MeanDifference(from: b, to: a).interval)
    #expect(abs(mirrored.lowerBound + interval.upperBound) < 1e-12)
  }

  /// SciPy's ttest_rel(b, a), with its confidence_interval().
  @Test func equalSeedsArePaired() throws {
    let difference = MeanDifference(ofPairs: [(2.2, 2.9), (2.6, 3.1), (2.1, 2.4)])
    #expect(abs(difference.value - 0.5) < 1e-12)
    let interval = try #require(difference.interval)
    #expect(abs(interval.lowerBound - 0.0031724576499339574) < 1e-9)
    #expect(abs(interval.upperBound - 0.9968275423500657) < 1e-9)
    #expect(abs(try #require(difference.pValue) - 0.04941362421328314) < 1e-9)
    let single = MeanDifference(ofPairs: [(1, 2)])
    #expect(single.value == 1 && single.interval == nil && single.pValue == nil)
    #expect(MeanDifference(ofPairs: [(1, 2), (2, .nan)]).interval == nil)
  }

  /// statsmodels' multipletests(p, 0.05, "holm").
  @Test(arguments: [
    ([0.01, 0.04, 0.03, 0.005], [true, false, false, true]),
    ([0.02, 0.5, 0.024, 0.016], [false, false, false, false]),
    ([0.0125, 0.0166, 0.025, 0.05], [true, true, true, true]), ([], []),
    ([0.03, 0.001], [true, true]),
  ])
  func holmsMethod(pValues: [Double], rejected: [Bool]) {
    #expect(rejectedByHolm(pValues) == rejected)
  }

  @Test func oneSeedHasNoInterval() throws {
    let difference = MeanDifference(
      from: try #require(MeanInterval([1])), to: try #require(MeanInterval([2, 3])))
    #expect(difference.value == 1.5 && difference.interval == nil)
  }

  /// Losses of records may be anything; squares of 1e200 are too large for a number, those of 1e-200 too small.
  @Test func anyValuesHaveADifference() throws {
    for values in [
      [1e300, -1e300], [.nan, 1], [.infinity, 1], [.infinity, .infinity], [1e200, 2],
    ] {
      for other in [[0.5, 0.6], values] {
        let (a, b) = (try #require(MeanInterval(values)), try #require(MeanInterval(other)))
        for pair in [(a, b), (b, a)] {
          #expect(MeanDifference(from: pair.0, to: pair.1).interval == nil, "\(values) \(other)")
        }
        #expect(a.halfWidth == nil)
      }
    }
    let small = try #require(MeanInterval([1e-150, 3e-150]))
    let interval = try #require(MeanDifference(from: small, to: small).interval)
    #expect(interval.upperBound > 1e-150 && interval.upperBound < 1e-148)
  }

  @Test func seedsThatAllAgreeHaveAnIntervalOfNoWidth() throws {
    let difference = MeanDifference(
      from: try #require(MeanInterval([0.5, 0.5])), to: try #require(MeanInterval([1, 1])))
    #expect(difference.interval == 0.5...0.5)
  }
}

@Suite struct ComparisonTests {
  /// `smallFile`'s three configurations, of two learning rates and two seeds each.
  private func results(
    yaml: String = smallFile, accuracy: (Experiment.Run) -> Double?
  ) throws -> RecordSet {
    let experiment = try Experiment(yaml: yaml, file: "x.yaml")
    return RecordSet(
      "x",
      results: experiment.configurations.map { ConfigurationResult($0) { record($0, accuracy) } })
  }

  /// A run without an accuracy has no record; the rate 0.01 is chosen.
  private func record(_ run: Experiment.Run, _ accuracy: (Experiment.Run) -> Double?) -> RunRecord?
  {
    guard let accuracy = accuracy(run) else { return nil }
    var record = RunRecord(run, machine: sampleMachine, threads: 1)
    record.status = .finished
    let isChosen = run.configuration.training.learningRate == 1e-2
    record.evaluations = [sampleEvaluation(step: 10, accuracy: isChosen ? 0.9 : 0.1)]
    if isChosen { record.test = sampleEvaluation(step: 10, accuracy: accuracy, loss: accuracy) }
    return record
  }

  private func near(_ value: Double, _ run: Experiment.Run) -> Double {
    value + 0.001 * Double(run.configuration.seed)
  }

  @Test func verdictsFollowTheInterval() throws {
    let first = try results { near(0.5, $0) }
    // Attention far better, one SSD far worse, the other a little different.
    let second = try results { run in
      run.row == 0
        ? near(0.9, run)
        : run.label.contains("N=4")
          ? near(0.1, run) : 0.5008 - 0.0006 * Double(run.configuration.seed)
    }
    let comparison = try Comparison(first, second, by: .accuracy)
    #expect(comparison.lines.map(\.label) == ["attention", "SSD N=4", "SSD N=8"])
    #expect(comparison.lines.map(\.verdict) == [.better, .worse, .withinNoise])
    #expect(!comparison.findsNoDifference)
    #expect(abs(comparison.lines[0].difference!.value - 0.4) < 1e-12)
    // The seeds' differences are equal, however much the seeds differ.
    let interval = try #require(comparison.lines[0].difference?.interval)
    #expect(interval.upperBound - interval.lowerBound < 1e-9)
    #expect(comparison.lines.map(\.survivesHolm) == [true, true, false])
    #expect(comparison.text(isMarkdown: false).contains("better *\n"))
    // Of a loss, less is better.
    let loss = try Comparison(first, second, by: .loss)
    #expect(loss.lines.map(\.verdict) == [.worse, .better, .withinNoise])
    #expect(try Comparison(first, first, by: .exactMatch).lines.allSatisfy { $0.verdict == .same })
    #expect(try Comparison(first, first, by: .accuracy).findsNoDifference)
  }

  @Test func missingAndUnscoredConfigurationsAreNamed() throws {
    let whole = try results { near(0.5, $0) }
    let part = try results { run in
      run.row == 0 && run.configuration.seed == 1 ? nil : near(0.5, run)
    }
    let unscored = try Comparison(whole, part, by: .accuracy)
    #expect(unscored.lines[0].verdict == .unscored)
    #expect(
      unscored.notes.contains(
        "attention: not scored; B: of 4 runs 2 finished, 2 without a record"), "\(unscored.notes)")
    let fewer = RecordSet("fewer", results: Array(whole.results.dropLast()))
    #expect(try Comparison(whole, fewer, by: .accuracy).lines.last?.verdict == .onlyInFirst)
    let more = try Comparison(fewer, whole, by: .accuracy)
    #expect(more.lines.last?.verdict == .onlyInSecond)
    #expect(more.lines.last?.label == "SSD N=8" && !more.findsNoDifference)
  }

  /// For runs that failed or diverged the reason is given, for others what they lack.
  @Test func whyAConfigurationIsNotScored() throws {
    let whole = try results { near(0.5, $0) }
    func other(_ change: (inout RunRecord, Experiment.Run) -> Void) -> RecordSet {
      RecordSet(
        "other",
        results: whole.results.map { result in
          ConfigurationResult(result.configuration) { run in
            var record = result.runs.first { $0.run.hash == run.hash }!.record!
            if run.row == 0 { change(&record, run) }
            return record
          }
        })
    }
    func reason(_ set: RecordSet) throws -> String? {
      let comparison = try Comparison(whole, set, by: .accuracy)
      #expect(comparison.lines.map(\.verdict) == [.unscored, .same, .same])
      return comparison.lines[0].second?.result.missingText
    }
    let failed = other { record, run in
      record.test = nil
      record.status = run.configuration.seed == 0 ? .failed : .diverged
      record.failure = .init(reason: run.configuration.seed == 0 ? "no memory" : "NaN", step: 3)
    }
    #expect(try reason(failed) == "of 4 runs 2 diverged (NaN), 2 failed (no memory)")
    let unscored = other { record, _ in record.test = nil }
    #expect(
      try reason(unscored)
        == "2 of the 2 runs at lr 0.01 have no test score yet; recall run scores them")
  }

  @Test func oneSeedDecidesNothing() throws {
    let yaml = smallFile.replacing("seed: [0, 1]", with: "seed: 0")
    let (first, second) = (
      try results(yaml: yaml) { _ in 0.5 }, try results(yaml: yaml) { _ in 0.9 }
    )
    let comparison = try Comparison(first, second, by: .accuracy)
    #expect(
      comparison.lines.allSatisfy { $0.verdict == .undecided && $0.difference?.interval == nil })
    #expect(!comparison.findsNoDifference)
    #expect(comparison.text(isMarkdown: false).contains("undecided: one seed on a side"))
    #expect(try Comparison(first, first, by: .accuracy).lines.allSatisfy { $0.verdict == .same })
  }

  @Test func otherConfigurationsArePairedByLabel() throws {
    let first = try results { near(0.5, $0) }
    let second = try results(yaml: smallFile.replacing("4096", with: "2048")) { near(0.5, $0) }
    let comparison = try Comparison(first, second, by: .accuracy)
    #expect(comparison.lines.map(\.label) == ["attention", "SSD N=4", "SSD N=8"])
    #expect(comparison.lines.allSatisfy { $0.changes == ["training.batch_tokens: 4096 → 2048"] })
    #expect(
      comparison.notes.filter { $0.contains("paired by label") } == [
        "attention; SSD N=4; SSD N=8: paired by label; A → B: training.batch_tokens: 4096 → 2048"
      ])
  }

  @Test func aFolderOfRecordsHasTheExperimentsConfigurations() throws {
    let folder = try TemporaryFolder()
    let experiment = try Experiment(yaml: smallFile, file: "small.yaml")
    let store = RunStore(runs: folder.url, experiment: "small")
    for run in experiment.runs { try store.save(record(run) { near(0.5, $0) }!, of: run) }
    try Data("{".utf8).write(to: store.folder.appending(path: "damaged.json"))
    let warnings = Messages()
    let set = try RecordSet(store.folder.path, runs: folder.url, warn: { warnings.add($0) })
    #expect(warnings.all.count == 1 && warnings.all[0].contains("damaged.json: damaged: "))
    #expect(Set(set.results.map(\.configuration.label)) == ["attention", "SSD N=4", "SSD N=8"])
    #expect(set.results.allSatisfy { $0.rates.count == 2 && $0.runs.count == 4 })
    let same = try Comparison(set, results { near(0.5, $0) }, by: .accuracy)
    #expect(same.count(.same) == 3)
    #expect(throws: FileError.self) {
      try RecordSet(folder.url.path, runs: folder.url, warn: { warnings.add($0) })
    }
  }

  @Test func baselinesStandBesideAccuracies() throws {
    let set = try results { near(0.5, $0) }
    let accuracy = try Comparison(set, set, by: .accuracy)
    let baseline = try #require(set.results.first?.configuration.shared.baseline)
    let text = accuracy.text(isMarkdown: true)
    #expect(text.contains("| model | A | B | baseline | B − A"))
    #expect(
      text.contains("| attention | 0.5005 (2) | 0.5005 (2) | \(fixed(baseline.accuracy, 4)) |"))
    #expect(text.contains("baseline: the accuracy without recall: \(baseline.name)"))
    for name in ["baseline", "trivial_guess"] {
      #expect(accuracy.values.canonicalJSON.contains("\"\(name)\":0."))
    }
    for measure in [Comparison.Measure.exactMatch, .loss] {
      #expect(!(try Comparison(set, set, by: measure)).text(isMarkdown: true).contains("baseline"))
    }
  }

  @Test func jsonHasEverySeed() throws {
    let set = try results { near(0.5, $0) }
    let object = try #require(
      JSONSerialization.jsonObject(
        with: Data(Comparison(set, set, by: .accuracy).values.canonicalJSON.utf8))
        as? [String: Any])
    #expect(object["no_difference"] as? Bool == true)
    let cells = try #require(object["cells"] as? [[String: Any]])
    let side = try #require(cells[0]["a"] as? [String: Any])
    #expect(side["seeds"] as? [String: Double] == ["0": 0.5, "1": 0.501])
    #expect((cells[0]["interval"] as? [Double])?.count == 2)
  }
}
