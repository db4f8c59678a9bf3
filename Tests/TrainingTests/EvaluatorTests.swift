import Autodiff
import Foundation
import Models
import RecallTasks
import Testing
import Training

@Suite struct EvaluatorTests {
  private let configuration: RunConfiguration
  private let model: LanguageModel
  private let evaluator: Evaluator
  /// The first 70 test examples: more than the evaluator takes at a time.
  private let examples: LabelledExamples
  private static let count = 70

  init() throws {
    configuration = try tinyRun(["kind": "ssd", "d_state": 5, "headdim": 8])
    model = LanguageModel(configuration.model)
    evaluator = Evaluator(model: model, values: model.initialValues(seed: 3))
    let task = configuration.task.task
    let parts = (0..<Self.count).map { task.example(at: $0, seed: 3, split: .test) }
    examples = LabelledExamples(
      inputs: parts.flatMap(\.inputs), labels: parts.flatMap(\.labels),
      length: task.sequenceLength)
  }

  private func numbers(_ score: Score) -> [Double] {
    [Double(score.examples), score.meanLoss, score.accuracy, score.exactMatch]
  }

  @Test func examplesInMemoryScoreAsGeneratedOnes() throws {
    let generated = evaluator.score(
      configuration.task.task, seed: 3, split: .test, examples: Self.count)
    #expect(generated.examples == Self.count)
    #expect(numbers(evaluator.score(examples).score) == numbers(generated))
  }

  @Test func threadsDoNotChangeABit() throws {
    let values = model.initialValues(seed: 3)
    for threads in [2, 3, 9] {
      let other = Evaluator(model: model, values: values, threads: threads)
      #expect(numbers(other.score(examples).score) == numbers(evaluator.score(examples).score))
    }
  }

  @Test func anEvaluatorKeepsItsValues() {
    weak var values: ParameterBuffer?
    let evaluator: Evaluator
    do {
      let buffer = model.initialValues(seed: 3)
      values = buffer
      evaluator = Evaluator(model: model, values: buffer)
    }
    withExtendedLifetime(evaluator) { #expect(values != nil) }
  }

  /// The score of predictions that were counted one by one.
  @Test func scoresAreThoseOfThePredictions() throws {
    let (score, predictions) = evaluator.score(examples)
    var (shares, exact) = (0.0, 0)
    for start in stride(from: 0, to: predictions.count, by: examples.length) {
      let labelled = (start..<start + examples.length).filter { examples.labels[$0] >= 0 }
      let correct = labelled.filter { examples.labels[$0] == predictions[$0] }
      shares += Double(correct.count) / Double(labelled.count)
      exact += correct.count == labelled.count ? 1 : 0
    }
    #expect(score.accuracy == shares / Double(Self.count))
    #expect(score.exactMatch == Double(exact) / Double(Self.count))
    for (label, prediction) in zip(examples.labels, predictions) {
      #expect(label >= 0 ? prediction >= 0 : prediction == -1)
    }
  }

  @Test func anExampleWithoutLabelsDoesNotCount() throws {
    let length = examples.length
    let without = LabelledExamples(
      inputs: examples.inputs + examples.inputs.prefix(length),
      labels: examples.labels + [Int32](repeating: unlabelled, count: length), length: length)
    let (score, predictions) = evaluator.score(without)
    #expect(score.examples == Self.count)
    #expect(score.accuracy == evaluator.score(examples).score.accuracy)
    #expect(score.exactMatch == evaluator.score(examples).score.exactMatch)
    #expect(predictions.suffix(length).allSatisfy { $0 == -1 })
  }

  /// The loss is the mean of −log softmax of the logits, and the logits' largest is the prediction.
  @Test func logitsAreThoseOfTheScore() throws {
    let outputs = ModelOutputs(
      of: model, values: model.initialValues(seed: 3), for: examples)
    let (score, predictions) = evaluator.score(examples)
    let vocabulary = model.configuration.backbone.vocabularySize
    var (row, loss) = (0, 0.0)
    for (label, prediction) in zip(examples.labels, predictions) where label >= 0 {
      let logits = outputs.logits[row * vocabulary..<(row + 1) * vocabulary].map(Double.init)
      loss += log(logits.map(exp).reduce(0, +)) - logits[Int(label)]
      #expect(logits[Int(prediction)] == logits.max())
      row += 1
    }
    #expect(abs(score.meanLoss - loss / Double(row)) < 1e-5)
  }
}
