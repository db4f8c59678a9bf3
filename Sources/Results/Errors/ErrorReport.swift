import RecallTasks
import Training

/// Where a model's answers are wrong, and what kinds of wrong answers it gives.
///
/// The position of a pair is where the task's solver finds the answer: the latest occurrence of a pair that is shown more
/// than once. The gap is the distance from there to the query, in whichever direction it is.
/// Without a task the report has the score alone.
package struct ErrorReport: Sendable {
  /// A kind of wrong answer.
  package enum Kind: String, CaseIterable, Sendable {
    case shownValue = "another_shown_value"
    case newValue = "value_not_shown"
    case noValue = "no_value"
  }

  package let task: (any RecallTask)?
  /// The baseline for the score; nil without a task.
  package let baseline: NoRecallBaseline?
  /// Tokens of an example.
  package let length: Int
  package private(set) var score = Score()
  private var parts = PartScores()
  package private(set) var total = Tally()
  /// Wrong answers of each kind; empty without a task.
  package private(set) var kinds: [Kind: Int] = [:]
  /// Answers that the example does not show, or that differ from the solver's.
  package private(set) var unexplained = Tally()
  private var byLocation: [PairLocation: Tally] = [:]
  private var byPairs: [Int: Tally] = [:]
  /// Positions and gaps are counted in multiples of this, so that long examples need little memory.
  private let unit: Int

  private struct PairLocation: Hashable {
    let gap, position: Int
  }

  /// What a query asks for: the value of a key, whatever its tokens; or one token, if the task has no key.
  private enum Pair: Hashable {
    case key([Int32])
    case position(Int)
  }

  /// - Parameter length: tokens of an example.
  package init(task: (any RecallTask)?, length: Int) {
    self.task = task
    baseline = task.flatMap { NoRecallBaseline([TaskConfiguration($0)]) }
    self.length = length
    unit = (length + 255) / 256
  }

  /// Adds examples [count, length]. Predictions count only at labelled positions.
  package mutating func add(inputs: [Int32], labels: [Int32], predictions: [Int32]) {
    for start in stride(from: 0, to: labels.count, by: length) {
      let range = start..<start + length
      add(Array(inputs[range]), labels[range], predictions[range])
    }
  }

  private mutating func add(
    _ inputs: [Int32], _ labels: ArraySlice<Int32>, _ predictions: ArraySlice<Int32>
  ) {
    let answers = task?.solution(of: inputs)
    var example = Tally()
    var first: [Int32: Int]?
    var (pairs, inPairs) = (Set<Pair>(), Tally())
    var previous: (source: Int, pair: Pair)?
    for (query, (label, prediction)) in zip(labels, predictions).enumerated()
    where label != ignoreIndex {
      let isRight = label == prediction
      example.add(isRight)
      guard let task, let answer = answers?[query] else { continue }
      if !isRight {
        first = first ?? Dictionary(zip(inputs, 0...)) { earlier, _ in earlier }
        let visible = type(of: task).answersFromBothSides ? inputs.count - 1 : query
        let isShown = first?[prediction].map { $0 <= visible } ?? false
        let isValue = task.answerTokens.contains(Int(prediction))
        kinds[isValue ? isShown ? .shownValue : .newValue : .noValue, default: 0] += 1
      }
      guard let source = answer.source, answer.token == label else {
        unexplained.add(isRight)
        continue
      }
      let location = PairLocation(gap: abs(query - source) / unit, position: source / unit)
      byLocation[location, default: Tally()].add(isRight)
      let pair = Self.pair(of: answer, at: source, in: inputs, after: previous)
      previous = (source, pair)
      pairs.insert(pair)
      inPairs.add(isRight)
    }
    total.add(example)
    score.add(labelled: example.answers, correct: example.right)
    if let task, !task.partNames.isEmpty {
      parts.add(task, inputs: inputs, labels: labels, predictions: predictions)
    }
    if !pairs.isEmpty { byPairs[pairs.count, default: Tally()].add(inPairs) }
  }

  /// Later tokens of a value belong to the pair of its first token: no key of their own asks for them.
  private static func pair(
    of answer: Answer, at source: Int, in inputs: [Int32],
    after previous: (source: Int, pair: Pair)?
  ) -> Pair {
    guard answer.query.isEmpty else { return .key(Array(inputs[answer.query])) }
    if let previous, case .key = previous.pair, previous.source + 1 == source {
      return previous.pair
    }
    return .position(source)
  }
}

extension ErrorReport {
  /// The accuracy of the parts of labelled positions, in order; empty for a task without parts.
  package var accuracyByPart: [(name: String, accuracy: Double)] {
    let accuracies = parts.accuracies
    return (task?.partNames ?? []).compactMap { name in accuracies[name].map { (name, $0) } }
  }

  /// Answers by the distance from pair to query, in tokens.
  package var byGap: TallyTable {
    TallyTable(byLocation.map { ($0.key.gap, $0.value) }, unit: unit)
  }

  /// Answers by the position of the pair in the example.
  package var byPosition: TallyTable {
    TallyTable(byLocation.map { ($0.key.position, $0.value) }, unit: unit)
  }

  /// Answers by how many different pairs the example asks for, or how many tokens if the task has no key.
  package var byPairCount: TallyTable {
    TallyTable(byPairs.map { ($0.key, $0.value) }, unit: 1)
  }

  /// Answers by gap (rows) and position (columns), in the ranges of `byGap` and `byPosition`.
  package var byGapAndPosition: [[Tally]] {
    let (gaps, positions) = (byGap, byPosition)
    var cells = Array(
      repeating: Array(repeating: Tally(), count: positions.rows.count), count: gaps.rows.count)
    for (location, tally) in byLocation {
      cells[gaps.row(of: location.gap * unit)][positions.row(of: location.position * unit)].add(
        tally)
    }
    return cells
  }
}
