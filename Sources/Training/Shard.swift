import Autodiff
import RecallTasks

/// A part of a batch: its examples, and the model's predictions, loss and gradient for them. One thread works on it at
/// a time.
///
/// A batch has a fixed number of shards. Each has its own gradient, and the gradients are added in order, so the
/// result does not depend on the number of threads, to the bit.
package final class Shard {
  /// Tokens [examples, length].
  private(set) var inputs: [Int32] = []
  /// The token asked for at each position [examples, length]; `ignoreIndex` where nothing is asked.
  private(set) var labels: [Int32] = []
  /// The model's answers at labelled positions [examples, length].
  private(set) var predictions: [Int32] = []
  /// Tokens of an example.
  private(set) var length = 1
  /// The number of its first example within the batch.
  private(set) var firstExample = 0
  /// Labelled positions of each example.
  private(set) var labelledCounts: [Int] = []
  /// Labelled positions of all its examples.
  private(set) var labelled = 0
  /// Filters that were made for all passes over the batch.
  var filters: [SharedTensor] = []
  /// Whether the model has run on all its examples.
  var isComplete = false
  /// Sum of the losses of its passes.
  var loss = 0.0
  /// The gradient of `loss` for every parameter.
  package let gradient: ParameterBuffer

  /// - Parameter gradientCount: floats of the gradient, 0 for scoring alone.
  package init(gradientCount: Int) { gradient = ParameterBuffer(count: gradientCount) }

  var exampleCount: Int { labelledCounts.count }

  /// Allocates memory for these examples of the batch.
  package func resize(to examples: Range<Int>, length: Int) {
    firstExample = examples.lowerBound
    let tokens = examples.count * length
    guard inputs.count != tokens || self.length != length else { return }
    self.length = length
    inputs = [Int32](repeating: 0, count: tokens)
    labels = [Int32](repeating: ignoreIndex, count: tokens)
    predictions = [Int32](repeating: ignoreIndex, count: tokens)
    labelledCounts = [Int](repeating: 0, count: examples.count)
  }

  /// Fills in the examples and counts their labels.
  ///
  /// - Parameter indices: the indices of the whole batch's examples in `source`.
  package func load(_ source: some ExampleSource, _ indices: TrainingPlan.Indices) {
    labelled = 0
    inputs.withUnsafeMutableBufferPointer { inputs in
      labels.withUnsafeMutableBufferPointer { labels in
        for example in labelledCounts.indices {
          let positions = example * length..<(example + 1) * length
          source.write(
            example: indices[firstExample + example], inputs: .init(rebasing: inputs[positions]),
            labels: .init(rebasing: labels[positions]))
          let count = positions.reduce(0) { $0 + (labels[$1] >= 0 ? 1 : 0) }
          labelledCounts[example] = count
          labelled += count
        }
      }
    }
  }

  /// Calls `body` with inputs, labels and predictions [examples, length].
  func withExamples<Result>(
    _ body: (
      UnsafePointer<Int32>, UnsafePointer<Int32>, UnsafeMutablePointer<Int32>
    ) -> Result
  ) -> Result {
    inputs.withUnsafeBufferPointer { inputs in
      labels.withUnsafeBufferPointer { labels in
        predictions.withUnsafeMutableBufferPointer {
          body(inputs.baseAddress!, labels.baseAddress!, $0.baseAddress!)
        }
      }
    }
  }

  /// Labelled positions of one of its examples that were predicted.
  func correctCount(of example: Int) -> Int {
    (example * length..<(example + 1) * length).reduce(0) {
      $0 + (labels[$1] >= 0 && labels[$1] == predictions[$1] ? 1 : 0)
    }
  }
}

/// A source of examples.
package protocol ExampleSource {
  /// Tokens of an example.
  var length: Int { get }
  /// Writes one example: `length` tokens, and labels with `ignoreIndex` where there is none.
  func write(
    example index: Int, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>)
}

/// The examples of a task's split, generated as they are needed.
package struct GeneratedExamples: ExampleSource {
  let task: any RecallTask
  let seed: UInt64
  let split: Split

  package init(_ task: any RecallTask, seed: UInt64, split: Split) {
    (self.task, self.seed, self.split) = (task, seed, split)
  }

  package var length: Int { task.sequenceLength }

  package func write(
    example index: Int, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    task.write(example: index, seed: seed, split: split, inputs: inputs, labels: labels)
  }
}

/// Examples in memory, such as those of a data file.
public struct LabelledExamples: ExampleSource, Sendable {
  /// Tokens [examples, length].
  public let inputs: [Int32]
  /// The token asked for at each position [examples, length]; below 0 where nothing is asked.
  public let labels: [Int32]
  /// Tokens of an example.
  public let length: Int

  /// Inputs and labels [examples, length].
  public init(inputs: [Int32], labels: [Int32], length: Int) {
    precondition(
      inputs.count == labels.count && inputs.count.isMultiple(of: length),
      "\(inputs.count) tokens and \(labels.count) labels of examples of \(length)")
    (self.inputs, self.labels, self.length) = (inputs, labels, length)
  }

  /// How many examples there are.
  public var count: Int { inputs.count / length }

  package func write(
    example index: Int, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    for (position, source) in (index * length..<(index + 1) * length).enumerated() {
      (inputs[position], labels[position]) = (self.inputs[source], self.labels[source])
    }
  }
}
