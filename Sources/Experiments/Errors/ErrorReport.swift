import RecallTasks
import Training

/// Where a model's answers are wrong and what it says instead.
///
/// The place of a pair is the position at which the task's solver has the answer from; the gap is how far
/// the query is behind it. Without a task there is the score alone.
public struct ErrorReport: Sendable {
  /// What a wrong answer is.
  public enum Kind: String, CaseIterable, Sendable {
    case shownValue = "another_shown_value"
    case newValue = "value_not_shown"
    case noValue = "no_value"
  }

  public let task: (any RecallTask)?
  /// Beside the score; nil without a task.
  public let guess: GuessedScore?
  /// Tokens of an example.
  public let length: Int
  public private(set) var score = Score()
  public private(set) var total = Tally()
  /// Wrong answers of each kind; empty without a task.
  public private(set) var kinds: [Kind: Int] = [:]
  /// Answers that the example shows nowhere, or that the solver does not give.
  public private(set) var unplaced = Tally()
  private var placed: [Place: Tally] = [:]
  private var byPairs: [Int: Tally] = [:]
  /// Positions and gaps are kept in multiples of it, so that long examples need little memory.
  private let unit: Int

  private struct Place: Hashable {
    let gap, position: Int
  }

  /// What is asked for: a key's value, however often and of however many tokens, or without a key one token.
  private enum Pair: Hashable {
    case key([Int32])
    case position(Int)
  }

  /// - Parameter length: tokens of an example.
  public init(task: (any RecallTask)?, length: Int) {
    self.task = task
    guess = task.flatMap { GuessedScore([TaskConfiguration($0)]) }
    self.length = length
    unit = (length + 255) / 256
  }

  /// Adds examples [count, length]; predictions are looked at where there are labels.
  public mutating func add(inputs: [Int32], labels: [Int32], predictions: [Int32]) {
    for start in stride(from: 0, to: labels.count, by: length) {
      let places = start..<start + length
      add(Array(inputs[places]), labels[places], predictions[places])
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
    where label != unlabelled {
      let isRight = label == prediction
      example.add(isRight)
      guard let task, let answer = answers?[query] else { continue }
      if !isRight {
        first = first ?? Dictionary(zip(inputs, 0...)) { earlier, _ in earlier }
        let isShown = first?[prediction].map { $0 <= query } ?? false
        let isValue = task.answerTokens.contains(Int(prediction))
        kinds[isValue ? isShown ? .shownValue : .newValue : .noValue, default: 0] += 1
      }
      guard let source = answer.source, answer.token == label else {
        unplaced.add(isRight)
        continue
      }
      placed[Place(gap: (query - source) / unit, position: source / unit), default: Tally()]
        .add(isRight)
      let pair = Self.pair(of: answer, at: source, in: inputs, after: previous)
      previous = (source, pair)
      pairs.insert(pair)
      inPairs.add(isRight)
    }
    total.add(example)
    score.add(labelled: example.answers, correct: example.right)
    if !pairs.isEmpty { byPairs[pairs.count, default: Tally()].add(inPairs) }
  }

  /// A value's further tokens follow its first and are asked for by no key of their own.
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
  /// Answers by how far the query is behind its pair, in tokens.
  public var byGap: TallyTable {
    TallyTable(placed.map { ($0.key.gap, $0.value) }, unit: unit)
  }

  /// Answers by the position of their pair in the example.
  public var byPosition: TallyTable {
    TallyTable(placed.map { ($0.key.position, $0.value) }, unit: unit)
  }

  /// Answers by how many different pairs of their example are asked for; where no key asks, how many tokens.
  public var byPairCount: TallyTable {
    TallyTable(byPairs.map { ($0.key, $0.value) }, unit: 1)
  }

  /// Answers by gap (rows) and position (columns), by the ranges of `byGap` and `byPosition`.
  public var byGapAndPosition: [[Tally]] {
    let (gaps, positions) = (byGap, byPosition)
    var cells = Array(
      repeating: Array(repeating: Tally(), count: positions.rows.count), count: gaps.rows.count)
    for (place, tally) in placed {
      cells[gaps.row(of: place.gap * unit)][positions.row(of: place.position * unit)].add(tally)
    }
    return cells
  }
}
