import Foundation
import RecallTasks
import Support
import Testing

/// Random valid parameters: examples are as `fault` says (nil: nothing is wrong), the solver answers all,
/// labels are answers, and where a task holds more than chance could repeat, splits share no example.
func checkExamples<Task: RecallTask>(
  _ trials: Int = 3000, _ location: SourceLocation = #_sourceLocation,
  random: (inout RandomStream) -> Task,
  fault: (Example, Task, Split) -> String?
) throws {
  var stream = RandomStream(20, RandomStream.number(of: Task.kind))
  for trial in 0..<trials {
    let task = random(&stream)
    try task.validate()
    let split = Split.allCases[trial % 3]
    let example = task.example(at: stream.below(1000), seed: UInt64(trial), split: split)
    var problem = fault(example, task, split)
    if score(task.solution(of: example.inputs), example) != 1 { problem = "not solved" }
    let isAnswer = example.labels.allSatisfy {
      $0 == ignoreIndex || task.answerTokens.contains(Int($0))
    }
    if !isAnswer { problem = "a label that is no answer" }
    if trial % 10 == 0, task.requiredBits > 45 {
      let inputs = Split.allCases.flatMap { split in
        (0..<10).map { task.example(at: $0, seed: 0, split: split).inputs }
      }
      if Set(inputs).count != 30 { problem = "an example of two splits" }
    }
    if let problem {
      Issue.record("\(problem): \(task) \(split) \(example)", sourceLocation: location)
      return
    }
  }
}

/// Each change of the defaults is refused, and the message names the key.
func checkNearMisses<Task: RecallTask>(
  _ changes: [(key: String, change: (inout Task) -> Void)],
  _ location: SourceLocation = #_sourceLocation
) {
  for (number, (key, change)) in changes.enumerated() {
    var task = Task()
    change(&task)
    let error = #expect(throws: SettingsError.self, "change \(number)", sourceLocation: location) {
      try task.validate()
    }
    #expect(error?.key == key, "change \(number)", sourceLocation: location)
  }
}

/// The documentation draws example 0 of split train at seed 0.
func checkDrawing<Task: RecallTask>(
  of task: Task, _ location: SourceLocation = #_sourceLocation
) throws {
  try task.validate()
  let source = try source(ofTask: "\(Task.self)")
  for line in drawing(of: task.example(at: 0, seed: 0, split: .train)) {
    let isDrawn = source.contains("/// \(line)\n")
    #expect(isDrawn, "\(Task.self) draws \(line)", sourceLocation: location)
  }
}

/// Simulates a baseline and random answers: the accuracies that the task states must agree within four standard errors.
///
/// - Parameters:
///   - isMeasured: whether the task measures its baseline, which adds to the error.
///   - predict: the baseline's answer at a position.
func checkBaseline<Task: RecallTask>(
  of task: Task, examples: Int = 10_000, isMeasured: Bool = false,
  _ location: SourceLocation = #_sourceLocation,
  predict: (_ example: Example, _ position: Int, inout RandomStream) -> Int32
) throws {
  try task.validate()
  var stream = RandomStream(21)
  var (baselines, chances) = (Mean(), Mean())
  for index in 0..<examples {
    let example = task.example(at: index, seed: 5, split: .test)
    let labelled = example.labels.indices.filter { example.labels[$0] != ignoreIndex }
    func accuracy(_ answer: (Int) -> Int32) -> Double {
      Double(labelled.count { answer($0) == example.labels[$0] }) / Double(labelled.count)
    }
    baselines.add(accuracy { predict(example, $0, &stream) })
    chances.add(
      accuracy { _ in
        Int32(task.answerTokens.lowerBound + stream.below(task.answerTokens.count))
      })
  }
  let stated = task.baseline.accuracy
  let ratio = isMeasured ? Double(examples) / Double(task.baselineExamples) : 0
  let error = baselines.error * (1 + ratio).squareRoot()
  #expect(
    abs(baselines.value - stated) < 4 * error + 1e-12,
    "\(task.baseline.name): \(stated), simulated \(baselines.value) ± \(baselines.error) \(task)",
    sourceLocation: location)
  #expect(
    abs(chances.value - task.chance) < 4 * chances.error + 1e-12,
    "chance \(task.chance), simulated \(chances.value) ± \(chances.error) \(task)",
    sourceLocation: location)
}

/// A mean with its standard error.
struct Mean {
  private var (count, sum, squares) = (0.0, 0.0, 0.0)

  mutating func add(_ value: Double) {
    count += 1
    sum += value
    squares += value * value
  }

  var value: Double { sum / count }
  var error: Double { (max(0, squares / count - value * value) / count).squareRoot() }
}

/// Counts the different things that examples ask about: 2^requiredBits. `content` is nil for an example that is
/// not at the hardest point.
func checkRequiredBits<Task: RecallTask, Content: Hashable>(
  of task: Task, examples: Int = 20_000, _ location: SourceLocation = #_sourceLocation,
  content: (Example) -> Content?
) throws {
  try task.validate()
  let contents = Set(
    (0..<examples).compactMap { content(task.example(at: $0, seed: 4, split: .train)) })
  #expect(
    abs(exp2(task.requiredBits) - Double(contents.count)) < 1e-6 * exp2(task.requiredBits),
    "\(exp2(task.requiredBits)) stated, \(contents.count) seen \(task)", sourceLocation: location)
}

/// Chi-square of what examples show against exact probabilities, at the 0.999 quantile. Seeds are fixed: no
/// flake.
func checkDistribution<Task: RecallTask, Outcome: Hashable>(
  of task: Task, examples: Int = 20_000, exact: [Outcome: Double],
  _ location: SourceLocation = #_sourceLocation, outcome: (Example) -> Outcome
) throws {
  try task.validate()
  let outcomes = (0..<examples).map { outcome(task.example(at: $0, seed: 3, split: .train)) }
  checkDistribution(of: outcomes, exact: exact, location)
}

func checkDistribution<Outcome: Hashable>(
  of outcomes: [Outcome], exact: [Outcome: Double], _ location: SourceLocation = #_sourceLocation
) {
  var counts: [Outcome: Int] = [:]
  for outcome in outcomes { counts[outcome, default: 0] += 1 }
  #expect(abs(exact.values.reduce(0, +) - 1) < 1e-9, sourceLocation: location)
  #expect(Set(counts.keys).isSubset(of: exact.keys), sourceLocation: location)
  let chiSquare = exact.reduce(0) { sum, outcome in
    let expected = outcome.value * Double(outcomes.count)
    let seen = Double(counts[outcome.key] ?? 0)
    return sum + (seen - expected) * (seen - expected) / expected
  }
  // Wilson and Hilferty's approximation of the quantile.
  let freedom = Double(exact.count - 1)
  let spread = 2 / (9 * freedom)
  let quantile = freedom * pow(1 - spread + 3.09 * spread.squareRoot(), 3)
  #expect(chiSquare < quantile, "\(freedom) degrees of freedom", sourceLocation: location)
}

/// The same probability for each outcome.
func uniform<Outcome: Hashable>(_ outcomes: [Outcome]) -> [Outcome: Double] {
  Dictionary(outcomes.map { ($0, 1 / Double(outcomes.count)) }) { $0 + $1 }
}

/// All sequences of `count` elements.
func sequences<Element>(_ count: Int, of elements: [Element]) -> [[Element]] {
  count == 0
    ? [[]] : sequences(count - 1, of: elements).flatMap { start in elements.map { start + [$0] } }
}

/// The first of the most frequent tokens.
func mode(_ tokens: some Sequence<Int32>) -> Int32 {
  var counts: [Int32: Int] = [:]
  for token in tokens { counts[token, default: 0] += 1 }
  return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? ignoreIndex
}

extension Example {
  /// Labelled positions.
  var questions: [Int] { labels.indices.filter { labels[$0] != ignoreIndex } }

  /// The pairs k v of the first tokens.
  func pairs(_ tokens: Int) -> [(key: Int32, value: Int32)] {
    stride(from: 0, to: tokens, by: 2).map { (inputs[$0], inputs[$0 + 1]) }
  }

  /// The last value of each key of the first tokens.
  func map(_ tokens: Int) -> [Int32: Int32] { Dictionary(pairs(tokens)) { $1 } }
}
