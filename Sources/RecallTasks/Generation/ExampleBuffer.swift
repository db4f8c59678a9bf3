import Foundation

/// Memory for some examples of a task. Several threads fill it together, again and again.
final class ExampleBuffer {
  /// The number of examples that it can hold.
  let capacity: Int
  private let task: any RecallTask
  private let allInputs, allLabels: UnsafeMutableBufferPointer<Int32>
  private var filled = 0

  init(_ task: any RecallTask, capacity: Int) {
    self.task = task
    self.capacity = capacity
    allInputs = .allocate(capacity: capacity * task.sequenceLength)
    allLabels = .allocate(capacity: capacity * task.sequenceLength)
    allInputs.initialize(repeating: 0)
    allLabels.initialize(repeating: 0)
  }

  deinit {
    allInputs.deallocate()
    allLabels.deallocate()
  }

  /// Tokens of the examples last generated [examples, sequenceLength].
  var inputs: UnsafeBufferPointer<Int32> { UnsafeBufferPointer(rebasing: allInputs[..<filled]) }
  /// Labels of the examples last generated [examples, sequenceLength].
  var labels: UnsafeBufferPointer<Int32> { UnsafeBufferPointer(rebasing: allLabels[..<filled]) }

  /// Generates examples. An example depends only on its index, the seed and the split.
  func fill(_ examples: Range<Int>, seed: UInt64, split: Split, threads: Int) {
    precondition(examples.count <= capacity, "\(examples) in a buffer for \(capacity)")
    filled = examples.count * task.sequenceLength
    // No two threads write to the same elements.
    nonisolated(unsafe) let (inputs, labels) = (allInputs, allLabels)
    let task = task
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      let part = examples.count * thread / threads..<examples.count * (thread + 1) / threads
      let elements = part.lowerBound * task.sequenceLength..<part.upperBound * task.sequenceLength
      task.write(
        examples: examples.lowerBound + part.lowerBound..<examples.lowerBound + part.upperBound,
        seed: seed, split: split, inputs: UnsafeMutableBufferPointer(rebasing: inputs[elements]),
        labels: UnsafeMutableBufferPointer(rebasing: labels[elements]))
    }
  }
}

extension RecallTask {
  /// Writes examples one after the other. Both buffers hold at least `examples.count` · `sequenceLength` elements.
  public func write(
    examples: Range<Int>, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    let length = sequenceLength
    for (row, index) in examples.enumerated() {
      let elements = row * length..<(row + 1) * length
      write(
        example: index, seed: seed, split: split,
        inputs: UnsafeMutableBufferPointer(rebasing: inputs[elements]),
        labels: UnsafeMutableBufferPointer(rebasing: labels[elements]))
    }
  }
}
