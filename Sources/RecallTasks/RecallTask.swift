import Foundation
import Support

/// A synthetic task: its examples are a pure function of parameters, seed, split and index.
public protocol RecallTask: Settings {
  /// Its name in YAML (`kind:`) and on the command line.
  static var kind: String { get }
  /// The question that it asks about a model, in one line.
  static var question: String { get }
  /// The short forms that training begins with where a file does not say how to train; nil if none are known to help.
  static var curriculum: Curriculum? { get }
  /// Whether answers may stand behind their questions, so that only a model in both directions can find all of them.
  static var answersFromBothSides: Bool { get }
  /// Tokens are in 0..<vocabularySize.
  var vocabularySize: Int { get }
  /// Tokens of an example.
  var sequenceLength: Int { get }
  /// How much there is to recall, under its name in YAML. Scores are listed by it.
  var difficulty: (name: String, value: Int) { get }
  /// The information that an exact solver must carry at the hardest position: log₂ of the number of different contents
  /// that it may have to answer from. Positions in the example are not counted.
  var requiredBits: Double { get }
  /// The best known predictor that ignores which value belongs to which key. Its accuracy is an exact expectation, or
  /// measured on examples if there is no closed form (`measuredAccuracy`).
  var baseline: Baseline { get }
  /// The expected accuracy of the best model that sees no later token: 1, unless answers stand behind their questions.
  var causalBest: Double { get }
  /// Whether a model that sees later tokens must recall, too: no labelled position is followed by its answer. A task
  /// that does not say so is not trained with such a model.
  var isSafeInBothDirections: Bool { get }

  /// The parts of the labelled positions that are also scored apart; none if the task has no such parts.
  var partNames: [String] { get }
  /// The part of each position, an index of `partNames`, or nil. It counts at labelled positions only. It is called only
  /// if there are parts.
  func parts(of inputs: [Int32]) -> [Int?]

  /// The tokens that can be answers.
  var answerTokens: Range<Int> { get }

  /// Writes example `index` of a split. A position without a label has `ignoreIndex`. Both buffers hold
  /// `sequenceLength` elements, and the settings are valid.
  func write(
    example index: Int, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>)

  /// The roles of keys and values that the example shows, also of those that are not asked for. By default every role is
  /// `other`.
  func contextRoles(of inputs: [Int32]) -> [TokenRole]

  /// The task's own rule. `answers[t]` depends on `inputs[0...t]` only, unless the task `answersFromBothSides`, and is
  /// right at every labelled position; elsewhere it may be anything.
  func solve(inputs: UnsafeBufferPointer<Int32>, answers: UnsafeMutableBufferPointer<Answer>)
}

/// A solver's answer at a position, and where the example shows it.
public struct Answer: Hashable, Sendable {
  public var token: Int32
  /// The position at which the example shows the answer; nil if it does not show it.
  public var source: Int?
  /// The positions of the tokens that ask. The key before `source` has as many tokens. It is empty if nothing is looked
  /// up, as in copying.
  public var query: Range<Int>

  public init(token: Int32, source: Int? = nil, query: Range<Int> = 0..<0) {
    self.token = token
    self.source = source
    self.query = query
  }

  /// The token at position `source` of the example.
  public init(at source: Int, of inputs: UnsafeBufferPointer<Int32>, query: Range<Int> = 0..<0) {
    self.init(token: inputs[source], source: source, query: query)
  }

  /// No answer.
  public static let none = Answer(token: ignoreIndex)
}

/// One of three independent streams of examples. Data files name it by its raw value.
public enum Split: String, Codable, CaseIterable, Sendable {
  case train, validation, test
}

/// The label of a position that has no label, as PyTorch calls it.
public let ignoreIndex: Int32 = -100

/// One example. Training does not use it, but writes examples into buffers.
public struct Example: Hashable, Sendable {
  public var inputs: [Int32]
  public var labels: [Int32]

  public init(inputs: [Int32], labels: [Int32]) {
    self.inputs = inputs
    self.labels = labels
  }
}

extension RecallTask {
  public static var curriculum: Curriculum? { nil }
  public static var answersFromBothSides: Bool { false }
  public var causalBest: Double { 1 }
  public var isSafeInBothDirections: Bool { false }
  public var partNames: [String] { [] }
  public func parts(of inputs: [Int32]) -> [Int?] { [Int?](repeating: nil, count: inputs.count) }

  /// Example `index` of a split.
  public func example(at index: Int, seed: UInt64, split: Split) -> Example {
    var inputs = [Int32](repeating: 0, count: sequenceLength)
    var labels = inputs
    inputs.withUnsafeMutableBufferPointer { inputs in
      labels.withUnsafeMutableBufferPointer { labels in
        write(example: index, seed: seed, split: split, inputs: inputs, labels: labels)
      }
    }
    return Example(inputs: inputs, labels: labels)
  }

  /// The solver's answer at every position.
  public func solution(of inputs: [Int32]) -> [Answer] {
    var answers = [Answer](repeating: .none, count: inputs.count)
    inputs.withUnsafeBufferPointer { inputs in
      answers.withUnsafeMutableBufferPointer { solve(inputs: inputs, answers: $0) }
    }
    return answers
  }

  /// The random numbers of one example.
  public func stream(example index: Int, seed: UInt64, split: Split) -> RandomStream {
    RandomStream(
      RandomStream.number(of: Self.kind), seed, RandomStream.number(of: split.rawValue),
      UInt64(index))
  }
}
