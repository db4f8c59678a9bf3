/// What reading a whole data file tells: every number is in range, how many labels there are, whether the
/// task's solver agrees with them, and whether the task generates the same.
public struct DatasetCheck: Sendable {
  /// Labelled positions.
  public private(set) var labels = 0
  /// Labels of the example that has fewest and of the one that has most.
  public private(set) var labelsOfAnExample = 0...0
  /// Labels that the solver answers right; nil where the file names no task.
  public private(set) var solved: Int?
  /// The first example with a label that the solver answers otherwise.
  public private(set) var firstUnsolved: Int?
  /// Whether the task's generator was run beside the file: it names task, seed and split.
  public let isRegenerated: Bool
  /// The first example that the generator writes otherwise.
  public private(set) var firstDifferent: Int?
  public let hash: ContentHash

  /// Whether nothing speaks against the file. What the task generates has labels of its own making: with
  /// `loss: all`, those of training are next tokens, which no solver knows.
  public var isGood: Bool {
    firstDifferent == nil && (isRegenerated || firstUnsolved == nil)
  }

  /// Tells `progress` how many examples are read. Throws as `DatasetFile.examples` does.
  public init(_ file: DatasetFile, threads: Int = 1, progress: (Int) throws -> Void = { _ in })
    throws
  {
    let task = file.configuration?.task
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
          of: example, task)
      }
      try progress(chunk.upperBound)
    }
  }

  private mutating func add(
    _ inputs: ArraySlice<Int32>, _ labels: ArraySlice<Int32>, of example: Int,
    _ task: (any RecallTask)?
  ) {
    let labelled = labels.indices.filter { labels[$0] != unlabelled }
    let counts = example == 0 ? labelled.count...labelled.count : labelsOfAnExample
    labelsOfAnExample =
      min(counts.lowerBound, labelled.count)...max(counts.upperBound, labelled.count)
    self.labels += labelled.count
    guard let task else { return }
    let answers = task.solution(of: Array(inputs))
    let right = labelled.count { answers[$0 - labels.startIndex].token == labels[$0] }
    solved? += right
    if right < labelled.count { firstUnsolved = firstUnsolved ?? example }
  }
}

private func firstDifference(_ first: [Int32], _ second: UnsafeBufferPointer<Int32>) -> Int? {
  first.withUnsafeBufferPointer { first in
    first.indices.first { first[$0] != second[$0] }
  }
}
