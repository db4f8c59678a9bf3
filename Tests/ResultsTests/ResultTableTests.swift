import ExperimentSamples
import Experiments
import Foundation
import Records
import Reports
import Results
import Support
import Testing
import Training
import YAML

@Suite struct ResultTableTests {
  private static let published = """
    # A note
    model,d_state,n_layers,capacity_vs_attention,accuracy
    attention,,2,1,1.0
    ssd,64,4,1/8,0.44
    ssd,64,8,1/4,0.5

    """

  private static let yaml =
    smallFile.replacing(
      "label: attention,", with: "label: attention, published: {model: attention},"
    )
    .replacing("seed: [0, 1]", with: "seed: [0, 1]\ntable: {note: Scaled down}")

  private func table(
    _ change: (inout RunRecord, Experiment.Run) -> Void = { _, _ in }, yaml: String = Self.yaml,
    isMissing: (Experiment.Run) -> Bool = { _ in false }
  ) throws -> ResultTable {
    let published = try PublishedTable("note", csv: Self.published)
    return try ResultTable(Experiment(yaml: yaml, file: "x.yaml"), published: published) {
      run in
      if isMissing(run) { return nil }
      var record = RunRecord(run, machine: sampleMachine, threads: 1)
      record.status = .finished
      // Validation prefers 0.003, the test split 0.01.
      let isSlow = run.configuration.training.learningRate == 3e-3
      let seed = Double(run.configuration.seed)
      record.evaluations = [
        sampleEvaluation(step: 1, accuracy: isSlow ? 0 : 1),
        sampleEvaluation(step: 10, accuracy: isSlow ? 0.9 : 0.8),
      ]
      record.test = sampleEvaluation(step: 10, accuracy: (isSlow ? 0.5 : 0.7) + 0.1 * seed)
      change(&record, run)
      return record
    }
  }

  @Test func validationChoosesTheLearningRate() throws {
    let lines = try table().lines
    #expect(lines.map(\.label) == ["attention", "SSD N=4", "SSD N=8"])
    let score = try #require(lines[0].score)
    #expect(score.learningRate == 3e-3)
    #expect(score.isAtEdge)
    #expect(score.seeds.map(\.seed) == [0, 1])
    #expect(score.seeds.map(\.accuracy) == [0.5, 0.6])
    #expect(abs(score.accuracy.mean - 0.55) < 1e-12)
    #expect(abs(score.exactMatch.mean - 0.275) < 1e-12)
    // t(0.975; 1) = 12.7062; the standard deviation of 0.5 and 0.6, divided by √2, is 0.05.
    #expect(abs(try #require(score.accuracy.halfWidth) - 0.63531) < 1e-5)
    // Both are shown instead.
    #expect(score.accuracy.range == score.accuracy.mean...score.accuracy.mean)
    #expect(lines[0].capacity == 1)
    #expect(lines[0].published == 1 && lines[0].publishedCapacity == "1")
    // 4 · 2 · 4 / (64 · 2)
    #expect(lines[1].capacity == 0.25)
    #expect(lines[1].published == nil)
  }

  private func diverge(_ record: inout RunRecord) {
    record.status = .diverged
    record.test = nil
    record.failure = .init(reason: "the loss is not finite", step: 7)
  }

  @Test func rateWithDivergedSeedsDoesNotCompete() throws {
    let table = try table { record, run in
      guard run.configuration.training.learningRate == 3e-3, run.configuration.seed == 1 else {
        return
      }
      diverge(&record)
    }
    #expect(table.lines[0].score?.learningRate == 1e-2)
    let text = table.text(.text)
    #expect(
      text.contains("attention; SSD N=4; SSD N=8: 1 of 4 runs diverged: the loss is not finite"))
    #expect(text.contains("0.900, 1 diverged"))
  }

  @Test func rowsWithoutAScoreSayWhy() throws {
    let diverged = try table { record, run in if run.row == 0 { diverge(&record) } }
    #expect(diverged.lines[0].accuracyText == "diverged")
    #expect(
      diverged.text(.text).contains("attention: 4 of 4 runs diverged: the loss is not finite"))
    let failed = try table { record, run in
      guard run.row == 0, run.configuration.seed == 1 else { return }
      record.status = .failed
      record.failure = .init(reason: "no memory", step: 3)
    }
    #expect(failed.lines[0].accuracyText == "failed")
    #expect(
      failed.text(.text).contains("attention: 2 of 4 runs failed, to be tried again: no memory"))
    #expect(try table(isMissing: { $0.row == 1 }).lines[1].accuracyText == "not finished")
  }

  /// The test split counts for nothing until validation has chosen the rate.
  @Test func onlyTheChosenRateIsScored() throws {
    func unscored(_ table: ResultTable) -> [String] {
      table.lines[0].result.unscored.map(\.label)
    }
    func withoutTests(_ record: inout RunRecord, _ run: Experiment.Run) { record.test = nil }
    let complete = try table(withoutTests)
    #expect(unscored(complete) == ["attention lr=0.003 seed=0", "attention lr=0.003 seed=1"])
    #expect(complete.lines[0].score == nil && complete.lines[0].accuracyText == "not scored yet")
    let open = try table(
      withoutTests,
      isMissing: { $0.configuration.training.learningRate == 1e-2 && $0.configuration.seed == 1 })
    #expect(unscored(open).isEmpty && open.lines[0].result.chosen == nil)
  }

  /// Where rates are compared at the first seed alone, an earlier search may have scored the others at every seed.
  @Test(arguments: [0, 1, 2])
  func testScoresAtRatesNotChosenAreCountedAtEverySeed(scored: UInt64) throws {
    let table = try table(
      { record, run in
        if run.configuration.training.learningRate == 1e-2, run.configuration.seed >= scored {
          record.test = nil
        }
      }, yaml: Self.yaml.replacing("seed: [0, 1]", with: "seed: [0, 1]\nsearch_seeds: 1"))
    #expect(table.lines[0].result.runs.count == 3)
    let expected = "scores of \(scored) \(scored == 1 ? "run" : "runs") of the row at rates"
    let text = table.text(.text)
    #expect(text.contains(expected) == (scored > 0))
    #expect(text.contains("not chosen") == (scored > 0))
  }

  @Test func textIsAligned() throws {
    let text = try table().text(.text)
    let baseline = try fixed(#require(table().lines[0].baseline).accuracy, 3)
    #expect(
      text == """
        test accuracy by seed
        model      seed 0  seed 1
        ---------  ------  ------
        attention   0.500   0.600
        SSD N=4     0.500   0.600
        SSD N=8     0.500   0.600

        validation accuracy by learning rate, mean over the seeds at which rates are compared (in brackets: the chosen one)
        model      lr 0.003  lr 0.01
        ---------  --------  -------
        attention   [0.900]    0.800
        SSD N=4     [0.900]    0.800
        SSD N=8     [0.900]    0.800

        Scaled down
        model      state / attention  published state  published              accuracy  baseline           exact match       lr  runs
        ---------  -----------------  ---------------  ---------  --------------------  --------  --------------------  -------  ----
        attention                  1                1       1.00  0.550 (0.500, 0.600)     \(baseline)  0.275 (0.250, 0.300)  0.003 *   4/4
        SSD N=4                  1/4                              0.550 (0.500, 0.600)     \(baseline)  0.275 (0.250, 0.300)  0.003 *   4/4
        SSD N=8                  1/2                              0.550 (0.500, 0.600)     \(baseline)  0.275 (0.250, 0.300)  0.003 *   4/4
        baseline without recall: \(try baselines(Self.yaml)[0])
        state / attention by inner_channels (docs/capacity.md): state of expand x d_model channels, keys or values once; no inputs of short convolutions
        published: A note
        * the best learning rate is at the edge of the grid; a wider one may do better
        two numbers in brackets: the two seeds
        attention; SSD N=4; SSD N=8: test scores of 2 runs of the row at rates that were not chosen are in the records, too

        """)
  }

  /// On a terminal the smaller tables are shown on request.
  @Test func withoutDetailsTheMainTableIsAlone() throws {
    let text = try table().text(.text, detailed: false)
    #expect(text.hasPrefix("Scaled down\nmodel") && !text.contains("by seed"))
  }

  @Test(arguments: [0.0, 0.001, 0.9])
  func aTableWithoutRecallSaysSo(above: Double) throws {
    let table = try table { record, run in
      let baseline = run.configuration.baseline!.accuracy
      record.test?.accuracy = run.row == 0 ? 0.5 * baseline : baseline * (1 + above)
    }
    #expect(table.isWithoutRecall == (above < 0.9))
    #expect(table.text(.text).contains("docs/it-does-not-learn.md") == table.isWithoutRecall)
    #expect(try !self.table(isMissing: { _ in true }).isWithoutRecall)
  }

  @Test func oneNoteForLinesWithTheSameFault() throws {
    let diverged = try table { record, _ in diverge(&record) }
    let notes = diverged.notes.filter { $0.contains("4 of 4 runs diverged") }
    #expect(notes == ["attention; SSD N=4; SSD N=8: 4 of 4 runs diverged: the loss is not finite"])
  }

  /// The baselines of a file's tasks, each once.
  private func baselines(_ yaml: String) throws -> [String] {
    let tasks = try Experiment(yaml: yaml, file: "x.yaml").runs.map(\.configuration.task.task)
    return tasks.map(\.baselineText).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  @Test func baselinesStandBesideScores() throws {
    let several = smallFile.replacing(
      "n_pairs: 16", with: "n_pairs: [8, 16]", maxReplacements: 1)
    let baselines = try baselines(several)
    #expect(baselines.count == 2)
    let table = try ResultTable(Experiment(yaml: several, file: "x.yaml"), published: nil) { _ in
      nil
    }
    let notes = table.text(.text).split(separator: "\n").filter {
      $0.hasPrefix("baseline without recall: ")
    }
    #expect(notes.count == 2)
    for (note, baseline) in zip(notes, baselines) {
      #expect(note.hasPrefix("baseline without recall: \(baseline) (attention"))
    }
    #expect(listed(["a", "b", "c"], most: 3) == "a; b; c")
    #expect(listed(["a", "b", "c", "d"], most: 3) == "a; b; c; and 1 more")
    let csv = table.text(.csv).split(separator: "\n")
    #expect(
      csv[0].hasSuffix(
        ",chance,trivial_guess,causal_best,accuracy_by_part,effective_rank,bf16_state_error,baseline"
      ))
    #expect(Set(csv.dropFirst().map { $0.split(separator: ",").last }).count == 2)
  }

  @Test func csvAndMarkdown() throws {
    let table = try table()
    let csv = table.text(.csv).split(separator: "\n")
    #expect(csv.count == 4)
    let fields = csv.map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(fields.allSatisfy { $0.count == 28 })
    let line = Dictionary(uniqueKeysWithValues: zip(fields[0], fields[2]))
    #expect(line["model"] == "SSD N=4" && line["capacity"] == "0.25" && line["accuracy"] == "0.55")
    #expect(line["published_accuracy"] == "" && line["lr"] == "0.003")
    #expect(line["accuracy_by_seed"] == "0:0.5 1:0.6")
    #expect(line["validation_accuracy_by_lr"] == "0.003:0.9 0.01:0.8")
    let markdown = table.text(.markdown)
    let baseline = try fixed(#require(table.lines[0].baseline).accuracy, 3)
    #expect(markdown.contains("\n\n| model | state / attention |"))
    #expect(
      markdown.contains(
        "| SSD N=4 | 1/4 |  |  | 0.550 (0.500, 0.600) | \(baseline) | 0.275 (0.250, 0.300) "
          + "| 0.003 * | 4/4 |"))
    #expect(markdown.contains("\n\ntest accuracy by seed\n\n| model | seed 0 | seed 1 |"))
    let narrow = table.text(.text, detailed: false, width: 50)
    #expect(
      narrow.contains(
        """
        not shown, as the terminal is narrow: published
          state, published, baseline, exact match, lr,
          runs; --csv has all

        """), "\(narrow)")
    #expect(narrow.split(separator: "\n").allSatisfy { $0.count <= 50 })
    #expect(!table.text(.text).contains("not shown"))
  }

  @Test func publishedLinesAreFoundByTheirValues() throws {
    let table = try PublishedTable("note", csv: Self.published)
    #expect(try table.line(where: ["model": "ssd", "n_layers": "8"])["accuracy"] == "0.5")
    for values in [["model": "ssd"], ["model": "hyena"], ["modle": "ssd"]] {
      #expect(throws: SettingsError.self) { try table.line(where: values) }
    }
  }

  /// Some editors write it at the beginning of a file.
  @Test func aByteOrderMarkIsNotRead() throws {
    let folder = try TemporaryFolder()
    for (name, text) in [
      ("t.csv", "model,accuracy\na,0.5\n"), ("e.yaml", "task: {kind: copying}\n"),
    ] {
      try Data(("\u{FEFF}" + text).utf8).write(to: folder.url.appending(path: name))
    }
    let table = try PublishedTable("t", in: [folder.url])
    #expect(table.columns == ["model", "accuracy"])
    let root = try ConfigurationNode(contentsOf: folder.url.appending(path: "e.yaml").path)
    #expect(root.entries.map(\.key) == ["task"])
  }

  @Test(arguments: ["abc", "0.99%", " 0.9", "nan", "inf", "-5", "1.01"])
  func publishedAccuraciesAreChecked(_ accuracy: String) throws {
    let table = try PublishedTable("note", csv: "# s\nmodel,accuracy\na,\(accuracy)\nb,\nc,1/2\n")
    let error = #expect(throws: SettingsError.self) { try table.line(where: ["model": "a"]) }
    #expect(error?.description.contains("every line of note.csv") == true)
    for model in ["b", "c"] { _ = try table.line(where: ["model": model]) }
  }

  @Test func copiesOfThePublishedTablesAreReadable() throws {
    for (name, count) in [
      ("mqar_table", 5), ("recall_memory", 42), ("zoology_figure2", 56), ("zoology_mqar", 31),
    ] {
      let table = try PublishedTable(ofPackage: name)
      #expect(table.lines.count == count)
      #expect(!table.source.isEmpty)
    }
  }
}
