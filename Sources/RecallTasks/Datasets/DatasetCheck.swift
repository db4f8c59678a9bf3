/// The check of a whole data file: whether every number is in range, how many labels there are, whether the task's solver
/// agrees with them, and whether the task generates the same examples.
public struct DatasetCheck: Sendable {
  /// The number of labels.
  public private(set) var labels = 0
  /// The smallest and the largest number of labels in an example.
  public private(set) var labelsOfAnExample = 0...0
  /// The number of labels that are only next tokens (of a task with `loss: all`) and not answers to a question.
  public private(set) var nextTokens = 0
  /// The number of labels that the solver answers right; nil if the file names no task.
  public private(set) var solved: Int?
  /// The first example with a label that is neither the solver's answer nor a next token.
  public private(set) var firstUnsolved: Int?
  /// Whether the examples were compared with the task's generator. That needs a file that names task, seed and split.
  public let isRegenerated: Bool
  /// The first example that differs from the generator's.
  public private(set) var firstDifferent: Int?
  /// The hash of all examples.
  public let hash: ContentHash

  /// Whether the check found no fault.
  public var isGood: Bool { firstDifferent == nil && firstUnsolved == nil }

  /// Calls `progress` with the number of examples read so far. Throws as `DatasetFile.examples` does.
  public init(_ file: DatasetFile, threads: Int = 1, progress: (Int) throws -> Void = { _ in })
    throws
  {
    let task = file.configuration?.task
    let hasNextTokens = task?.settingValues["loss"] == .string(LossTarget.all.rawValue)
    isRegenerated = task != nil && file.seed != nil && file.split != nil
    solved = task.map { _ in 0 }
    hash = try file.contentHash()
    for chunk in file.chunks {
      let (inputs, labels) = try file.examples(chunk)
      if let task, let seed = file.seed, let split = file.split, firstDifferent == nil {
        let buffer = ExampleBuffer(task, capacity: chunk.count)
        buffer.fill(chunk, seed: seed, split: split, threads: threads)
        firstDifferent = [(inputs, buffer.inputs), (labels, buffer.labels)]
          .compactMap { firstDifference($0, $1) }.min()
          .map { chunk.lowerBound + $0 / file.sequenceLength }
      }
      for example in chunk {
        let start = (example - chunk.lowerBound) * file.sequenceLength
        add(
          inputs[start..<start + file.sequenceLength], labels[start..<start + file.sequenceLength],
          of: example, task, hasNextTokens: hasNextTokens)
      }
      try progress(chunk.upperBound)
    }
  }

  private mutating func add(
    _ inputs: ArraySlice<Int32>, _ labels: ArraySlice<Int32>, of example: Int,
    _ task: (any RecallTask)?, hasNextTokens: Bool
  ) {
    let labelled = labels.indices.filter { labels[$0] != ignoreIndex }
    let counts = example == 0 ? labelled.count...labelled.count : labelsOfAnExample
    labelsOfAnExample =
      min(counts.lowerBound, labelled.count)...max(counts.upperBound, labelled.count)
    self.labels += labelled.count
    guard let task else { return }
    let answers = task.solution(of: Array(inputs))
    let others = labelled.filter { answers[$0 - labels.startIndex].token != labels[$0] }
    let next =
      hasNextTokens
      ? others.count { $0 + 1 < inputs.endIndex && inputs[$0 + 1] == labels[$0] } : 0
    nextTokens += next
    solved? += labelled.count - others.count
    if next < others.count { firstUnsolved = firstUnsolved ?? example }
  }
}

private func firstDifference(_ first: [Int32], _ second: UnsafeBufferPointer<Int32>) -> Int? {
  first.withUnsafeBufferPointer { first in
    first.indices.first { first[$0] != second[$0] }
  }
}
