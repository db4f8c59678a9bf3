import ExperimentSamples
import Experiments
import Foundation
import RecallTasks
import Records
import Reports
import Results
import Support
import Testing
import Training

@Suite struct ErrorReportTests {
  /// Keys 1…9, values 10…19; three pairs, length 16.
  private var task: MQAR {
    var task = MQAR()
    (task.vocabularySize, task.sequenceLength, task.pairCount) = (20, 16, 3)
    return task
  }

  /// The drawing in MQAR's documentation, and what is predicted at positions 6, 10 and 14.
  private func report(_ predictions: [Int32], of task: MQAR? = nil) -> ErrorReport {
    let inputs: [Int32] = [3, 14, 1, 19, 4, 10, 3, 0, 0, 0, 1, 0, 0, 0, 4, 0]
    var labels = [Int32](repeating: -100, count: 16)
    // Where there is no label, a prediction is not looked at.
    var predicted = [Int32](repeating: 14, count: 16)
    for (index, query) in [6, 10, 14].enumerated() {
      labels[query] = [14, 19, 10][index]
      predicted[query] = predictions[index]
    }
    var report = ErrorReport(task: task, length: 16)
    report.add(inputs: inputs, labels: labels, predictions: predicted)
    return report
  }

  @Test func everyErrorHasItsKind() {
    #expect(report([14, 19, 10], of: task).kinds == [:])
    let report = report([19, 11, 4], of: task)
    #expect(report.kinds == [.shownValue: 1, .newValue: 1, .noValue: 1])
    #expect(report.score.accuracy == 0)
    #expect(report.total.answers == 3 && report.total.right == 0)
  }

  /// A value that only comes later is not one that the model can have seen.
  @Test func shownMeansBeforeTheQuery() {
    var task = InContextRecall()
    (task.vocabularySize, task.sequenceLength) = (8, 8)
    var report = ErrorReport(task: task, length: 8)
    let inputs: [Int32] = [0, 5, 0, 5, 1, 6, 1, 6]
    var labels = [Int32](repeating: -100, count: 8)
    (labels[2], labels[6]) = (5, 6)
    var predictions = labels
    (predictions[2], predictions[6]) = (6, 5)
    report.add(inputs: inputs, labels: labels, predictions: predictions)
    #expect(report.kinds == [.newValue: 1, .shownValue: 1])
  }

  @Test func errorsAreWhereTheyAre() throws {
    // Gaps 6 − 1 = 5, 10 − 3 = 7 and 14 − 5 = 9; positions 1, 3 and 5.
    let report = report([14, 11, 10], of: task)
    func rows(_ table: TallyTable) -> [String] {
      table.rows.map { "\($0.range): \($0.tally.right)/\($0.tally.answers)" }
    }
    #expect(rows(report.byGap) == ["4..<6: 1/1", "6..<8: 0/1", "8..<10: 1/1"])
    #expect(rows(report.byPosition) == ["0..<2: 1/1", "2..<4: 0/1", "4..<6: 1/1"])
    #expect(rows(report.byPairCount) == ["3..<4: 2/3"])
    let cells = report.byGapAndPosition.map { $0.map { "\($0.right)/\($0.answers)" } }
    #expect(cells == [["1/1", "0/0", "0/0"], ["0/0", "0/1", "0/0"], ["0/0", "0/0", "1/1"]])
    #expect(report.unexplained.answers == 0)
    #expect(report.text.contains("2–3         1    0.0000\n"))
  }

  /// A key asked for again is one pair, a value of several tokens too; where no key asks, a token is one.
  @Test func pairsAreCountedByTheirKeys() {
    func counts<Task: RecallTask>(_ task: Task) -> [Int] {
      var report = ErrorReport(task: task, length: task.sequenceLength)
      let example = task.example(at: 0, seed: 0, split: .test)
      report.add(inputs: example.inputs, labels: example.labels, predictions: example.labels)
      return report.byPairCount.rows.map(\.range.lowerBound)
    }
    #expect(counts(Phonebook()) == [1])
    var inContext = InContextRecall()
    inContext.vocabularySize = 4
    #expect(counts(inContext) == [2])
    var copying = Copying()
    (copying.leastLength, copying.mostLength) = (9, 9)
    #expect(counts(copying) == [9])
  }

  @Test func labelsThatTheSolverDoesNotGiveAreUnexplained() {
    var report = ErrorReport(task: task, length: 16)
    let example = task.example(at: 0, seed: 0, split: .train)
    let labels = example.labels.map { $0 < 0 ? $0 : $0 == 19 ? 10 : $0 }
    report.add(inputs: example.inputs, labels: labels, predictions: labels)
    #expect(report.unexplained.answers == 1 && report.unexplained.right == 1)
    #expect(report.text.contains("1 answers that their example does not show, 1.0000 of them"))
  }

  /// The solver makes no errors, and each of its answers is in the tables or counted as unexplained.
  @Test(arguments: TaskCatalog.kinds)
  func solversHaveNoErrors(kind: String) throws {
    let task = try TaskCatalog.task(kind).init()
    var report = ErrorReport(task: task, length: task.sequenceLength)
    for index in 0..<50 {
      let example = task.example(at: index, seed: 9, split: .test)
      report.add(
        inputs: example.inputs, labels: example.labels,
        predictions: task.solution(of: example.inputs).map(\.token))
    }
    #expect(report.score.accuracy == 1 && report.score.exactMatch == 1)
    #expect(report.kinds.isEmpty)
    for table in [report.byGap, report.byPosition] {
      #expect(table.rows.count <= 16)
      #expect(
        table.rows.map(\.tally.answers).reduce(0, +) + report.unexplained.answers
          == report.total.answers)
      #expect(table.rows.first.map { $0.tally.answers > 0 } ?? true)
      #expect(table.rows.last.map { $0.tally.answers > 0 } ?? true)
    }
    let cells = report.byGapAndPosition.joined().map(\.answers).reduce(0, +)
    #expect(cells + report.unexplained.answers == report.total.answers)
  }

  @Test func longExamplesKeepFewPositions() throws {
    var task = MQAR()
    (task.vocabularySize, task.sequenceLength, task.pairCount) = (8192, 4096, 1000)
    var report = ErrorReport(task: task, length: 4096)
    let example = task.example(at: 0, seed: 9, split: .test)
    report.add(inputs: example.inputs, labels: example.labels, predictions: example.labels)
    #expect(report.byGap.rows.allSatisfy { $0.range.lowerBound.isMultiple(of: 16) })
    #expect(report.byGap.rows.map(\.tally.right).reduce(0, +) == 1000)
    #expect(try #require(report.byPosition.rows.last).range.upperBound == 2048)
  }

  @Test func withoutATaskThereIsTheScore() throws {
    let report = report([14, 11, 10])
    #expect(report.score.accuracy == 2.0 / 3)
    #expect(report.kinds.isEmpty && report.byGap.rows.isEmpty)
    #expect(report.text.contains("accuracy     0.6667\n"))
    #expect(report.text.contains("does not name its task"))
    #expect(report.values["chance"] == nil)
    #expect(report.values["errors_unavailable"] != nil)
  }

  @Test func baselinesStandBesideTheScore() throws {
    let report = report([14, 11, 10], of: task)
    #expect(report.text.contains("accuracy     0.6667   (\(task.baselineText))\n"))
    #expect(task.baselineText.hasPrefix("chance 0.1, "))
    #expect(report.values["chance"] == .double(0.1))
    #expect(
      report.values["errors"]
        == .object(["another_shown_value": 0, "value_not_shown": 1, "no_value": 0]))
    #expect(
      report.values["by_gap_and_position"]
        == .array(
          [(4, 0, 1), (6, 2, 0), (8, 4, 1)].map { gap, position, right in
            .object([
              "gap_from": .int(gap), "gap_to": .int(gap + 1), "position_from": .int(position),
              "position_to": .int(position + 1), "answers": 1, "right": .int(right),
            ])
          }))
  }
}
