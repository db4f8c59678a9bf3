import Foundation
import Support

/// A synthetic task: a pure function of (parameters, seed, split, example index).
public protocol RecallTask: Settings {
  /// Its name in YAML (`kind:`) and on the command line.
  static var kind: String { get }
  /// What it asks of a model, in one line.
  static var question: String { get }
  /// Tokens are in 0..<vocabularySize.
  var vocabularySize: Int { get }
  /// Tokens of an example.
  var sequenceLength: Int { get }
  /// What scores are listed by: how much there is to recall, under its name in YAML.
  var groupingKey: (name: String, value: Int) { get }
  /// Bits that an exact solver must carry at the hardest point: log₂ of how many different things it
  /// may have to answer from. Where in the example it is, is not counted.
  var demand: Double { get }
  /// A guess that remembers what was shown but no binding, the best that is known, and its accuracy: like
  /// every accuracy, the mean over examples of the fraction of labelled positions that are right. It is
  /// an exact expectation, or where there is no short form measured on examples (`measuredAccuracy`).
  var trivialGuess: (name: String, accuracy: Double) { get }

  /// Tokens that answer some question.
  var answerTokens: Range<Int> { get }

  /// Writes example `index` of a split: tokens, and labels with −100 where there is none.
  /// Both buffers hold `sequenceLength` elements. The settings are valid.
  func write(
    example index: Int, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>)

  /// What is shown to be recalled: keys and values, asked about or not, wherever the solver's answers do not
  /// tell. By default nothing.
  func contextRoles(of inputs: [Int32]) -> [TokenRole]

  /// Answers by the task's own rule: `answers[t]` is a function of `inputs[0...t]` alone, and right
  /// wherever a label is; elsewhere it may be anything.
  func solve(inputs: UnsafeBufferPointer<Int32>, answers: UnsafeMutableBufferPointer<Answer>)
}

/// What a solver says at a position, and where it has that from.
public struct Answer: Hashable, Sendable {
  public var token: Int32
  /// The position at which the example shows what is answered; nil where it shows it nowhere.
  public var source: Int?
  /// The tokens that ask, besides the one at the position itself. The key, which stands before `source`, has
  /// as many; there is none where nothing is looked up, as in copying.
  public var query: Range<Int>

  public init(token: Int32, source: Int? = nil, query: Range<Int> = 0..<0) {
    self.token = token
    self.source = source
    self.query = query
  }

  /// The token at a position of the example.
  init(at source: Int, of inputs: UnsafeBufferPointer<Int32>, query: Range<Int> = 0..<0) {
    self.init(token: inputs[source], source: source, query: query)
  }

  /// Where there is nothing to answer.
  static let none = Answer(token: unlabelled)
}

/// Which of three disjoint streams of examples; the raw values are those of data files.
public enum Split: String, Codable, CaseIterable, Sendable {
  case train, validation, test
}

/// The label of a position without one.
public let unlabelled: Int32 = -100

/// An example, for showing and testing; training writes into its own buffers.
public struct Example: Hashable, Sendable {
  public var inputs: [Int32]
  public var labels: [Int32]

  public init(inputs: [Int32], labels: [Int32]) {
    self.inputs = inputs
    self.labels = labels
  }
}

extension RecallTask {
  /// Expected accuracy of a guess drawn uniformly from `answerTokens`.
  public var chance: Double { 1 / Double(answerTokens.count) }

  /// What stands beside every score: chance, and the best guess that remembers nothing.
  public var guesses: String { guessText(chance: chance, trivialGuess) }

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
  func stream(example index: Int, seed: UInt64, split: Split) -> RandomStream {
    RandomStream(
      RandomStream.number(of: Self.kind), seed, RandomStream.number(of: split.rawValue),
      UInt64(index))
  }
}
