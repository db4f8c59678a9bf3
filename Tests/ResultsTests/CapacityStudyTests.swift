import Capacity
import ExperimentSamples
import Experiments
import Foundation
import Records
import Reports
import Results
import Support
import Testing
import Training

@Suite struct CapacityStudyTests {
  private static let yaml = """
    task: {kind: mqar, vocab_size: 256, sequence_length: 128, n_pairs: 32}
    model: {kind: ssd, d_model: 64, n_layers: 1, d_state: [2, 4]}
    training:
      lr: [1e-3, 1e-2]
      evaluation_tasks: [{n_pairs: 4}, {n_pairs: 8}, {n_pairs: 16}, {n_pairs: 32}]
      test_examples: 300
    seed: [0, 1, 2]
    """

  /// Accuracies on a planted curve, by default one whose K50 is six times d_state; the lower rate is chosen.
  private func study(
    _ yaml: String, fewer: [Int] = [],
    curve: (Int) -> RecallCurve = { RecallCurve(halfway: 6 * Double($0), slope: 2) }
  ) throws -> (study: CapacityStudy, lines: Int) {
    let experiment = try Experiment(yaml: yaml, file: "x.yaml")
    let table = try ResultTable(experiment, published: nil) { run in
      guard case .int(let states)? = run.configuration.model.values["d_state"] else {
        return nil
      }
      var record = RunRecord(run, machine: sampleMachine, threads: 1)
      record.status = .finished
      let isChosen = run.configuration.training.learningRate == 1e-3
      record.evaluations = [sampleEvaluation(step: 1, accuracy: isChosen ? 0.9 : 0.5)]
      if isChosen {
        let curve = curve(states)
        let tasks = run.configuration.training.evaluationTasks
        let pairs =
          tasks.isEmpty
          ? [run.configuration.task.task.settingValues["n_pairs"] ?? 1]
          : tasks.map { $0["n_pairs"]! }
        var test = sampleEvaluation(step: 1, accuracy: 0.5)
        test.accuracyByDifficulty = Dictionary(
          uniqueKeysWithValues: pairs.map {
            ($0.description, curve.accuracy(pairs: Double($0.description)!))
          })
        record.test = test
        if !fewer.isEmpty {
          record.accuracyAtFewerPairs = Dictionary(
            uniqueKeysWithValues: fewer.map { ("\($0)", curve.accuracy(pairs: Double($0))) })
        }
      }
      return record
    }
    return (try CapacityStudy(table.lines.map(\.result), of: experiment), table.lines.count)
  }

  private func check(_ study: CapacityStudy) throws {
    #expect(study.lines.count == 2)
    for (line, states) in zip(study.lines, [2, 4]) {
      #expect(line.points.count == 12)
      #expect(Set(line.points.map(\.seed)) == [0, 1, 2])
      #expect(line.points.allSatisfy { $0.examples == 300 })
      // 128 channels of N states, and 3 convolution inputs of 128 + 2 N channels.
      #expect(line.stateScalars == 128 * states + 3 * (128 + 2 * states))
      let fit = try #require(line.fit)
      #expect(abs(fit.level(accuracy: 0.5).pairs / Double(6 * states) - 1) < 1e-4)
      let most = fit.level(accuracy: 0.9)
      #expect(abs(most.pairs / (2 * Double(states)) - 1) < 1e-4)
      #expect(most.low < most.pairs && most.pairs < most.high)
      let bits = RecallBound.bits(pairs: most.pairs, values: 128, accuracy: 0.9)
      #expect(line.bitsPerScalar == bits / Double(line.stateScalars))
      #expect(line.theory?.keyDimension == states && line.theory?.values == 128)
    }
  }

  @Test func pairsFromEvaluationTasks() throws {
    let (study, lines) = try study(Self.yaml)
    #expect(lines == 2)
    try check(study)
    let text = study.text(.text)
    for words in ["K50", "K90", "bits/scalar", "bootstrap over seeds", "ssd d_state=4"] {
      #expect(text.contains(words), "\(text)")
    }
    // K90 of two states is four pairs, the least that was tested or just below.
    #expect(study.text(.markdown).contains("| model | state scalars |"))
  }

  /// The same with a run for each number of pairs: configurations that differ only in it are one model.
  @Test func pairsFromAnAxis() throws {
    let yaml = Self.yaml.replacing("n_pairs: 32}\nmodel", with: "n_pairs: [4, 8, 16, 32]}\nmodel")
      .replacing(
        "  evaluation_tasks: [{n_pairs: 4}, {n_pairs: 8}, {n_pairs: 16}, {n_pairs: 32}]\n", with: ""
      )
    let (study, lines) = try study(yaml)
    #expect(lines == 8)
    try check(study)
  }

  /// Accuracies that `measure: [pairs]` recorded beside the task's own number count like any other.
  @Test func pairsFromAMeasurement() throws {
    let yaml = Self.yaml.replacing(
      "  evaluation_tasks: [{n_pairs: 4}, {n_pairs: 8}, {n_pairs: 16}, {n_pairs: 32}]\n", with: "")
    #expect(try study(yaml).study.table == nil)
    try check(study(yaml, fewer: [4, 8, 16]).study)
  }

  /// Where accuracy does not fall with the pairs, none of the tested numbers is few enough, or all are.
  @Test func flatFitsSayWhatWasTested() throws {
    let flat = try study(Self.yaml) { RecallCurve(intercept: $0 == 2 ? -1 : 5, slope: 0) }.study
    let cells = try #require(flat.table).cells
    #expect(cells[1][2] == "<4" && cells[1][4] == "<4" && cells[1][7] == "", "\(cells[1])")
    #expect(cells[2][2] == ">32" && cells[2][4] == ">32" && cells[2][6].isEmpty, "\(cells[2])")
    #expect(flat.text(.text).contains("> accuracy hardly falls"))
  }

  /// A model trained on many pairs may recall fewer less well. That is no limit of its state.
  @Test func risingAccuracyHasNoNumberOfPairs() throws {
    let rising = try study(Self.yaml) {
      RecallCurve(halfway: $0 == 2 ? 3 : 12, slope: $0 == 2 ? -2 : 2)
    }.study
    let cells = try #require(rising.table).cells
    #expect(cells[1][2] == "rises" && cells[1][4] == "rises" && cells[1][7] == "", "\(cells[1])")
    #expect(
      Double(cells[2][2]) != nil && rising.lines.map { $0.bitsPerScalar == nil } == [true, false])
    #expect(rising.text(.text).contains("rises: accuracy is higher"))
    // From 0.98 to 1.00 every tested number is recalled.
    let high = try study(Self.yaml) { _ in RecallCurve(halfway: 0.5, slope: -2) }.study
    #expect(try #require(high.table).cells[1][4] == ">32")
  }

  /// A curve through guesses says nothing of a capacity.
  @Test func nothingLearnedHasNoFit() throws {
    let one = try study(Self.yaml) { RecallCurve(intercept: $0 == 2 ? -6 : 5, slope: 0) }.study
    #expect(one.lines.map { $0.fit != nil } == [false, true])
    #expect(one.text(.text).contains("no fit where nothing is above the baseline: ssd d_state=2"))
    let none = try study(Self.yaml) { _ in RecallCurve(intercept: -6, slope: 0) }.study
    #expect(none.lines.allSatisfy { $0.fit == nil } && none.text(.text).isEmpty)
  }

  @Test func othersHaveNoStudy() throws {
    let yaml = """
      task: {kind: associative_recall}
      model: {kind: ssd, n_layers: 1, d_state: 2}
      """
    #expect(try study(yaml).study.lines.isEmpty)
    let one = try study(
      Self.yaml.replacing("{n_pairs: 4}, {n_pairs: 8}, {n_pairs: 16}, ", with: ""))
    #expect(one.study.lines.allSatisfy { $0.fit == nil } && one.study.text(.text).isEmpty)
  }

  /// Copying: the lengths of the tests, as they are.
  @Test func stringsAreStudiedByTheirLength() throws {
    let experiment = try Experiment(
      yaml: """
        task: {kind: copying, n_min: 5, n_max: 20, sequence_length: 220}
        model: {kind: ssd, d_model: 64, n_layers: 1, d_state: [2, 4]}
        training: {evaluation_tasks: [{n_min: 10, n_max: 10}, {n_min: 100, n_max: 100}]}
        """, file: "x.yaml")
    let table = try ResultTable(experiment, published: nil) { run in
      var record = RunRecord(run, machine: sampleMachine, threads: 1)
      record.status = .finished
      var test = sampleEvaluation(step: 1, accuracy: 0.5)
      test.accuracyByDifficulty = ["10": 0.9, "100": 0.2]
      (record.evaluations, record.test) = ([test], test)
      return record
    }
    let copying = try CapacityStudy(table.lines.map(\.result), of: experiment)
    #expect(copying.size == .symbols && copying.longestTrained == 20 && copying.lines.count == 2)
    #expect(copying.lines.allSatisfy { $0.points.map(\.pairs) == [10, 100] })
    #expect(copying.lines.allSatisfy { $0.points.map(\.accuracy) == [0.9, 0.2] })
    #expect(copying.lines.allSatisfy { $0.fit == nil && $0.theory == nil })
    #expect(copying.baselines.map(\.pairs) == [10, 100] && copying.text(.text) == "")
  }
}
