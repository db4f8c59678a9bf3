import Autodiff
import Models
import RecallTasks

/// Scores a model: the one loop behind validation and test scores, and `recall evaluate`.
///
/// The scores are the same for any number of threads.
public final class Evaluator {
  private let batch: ShardedBatch

  /// - Parameters:
  ///   - model: what is scored.
  ///   - values: of the model's parameters.
  ///   - shards: the shards of an evaluated batch, at least 1. As many as in training give the same bits of the loss.
  ///   - threads: at least 1; more than `shards` do not help.
  public convenience init(
    model: LanguageModel, values: ParameterBuffer,
    shards: Int = TrainingSettings().gradientShards, threads: Int = 1
  ) {
    self.init(
      ShardedBatch(
        model: model, values: values, shards: shards, threads: threads, differentiates: false))
  }

  /// An evaluator with the shards and the precision of these settings.
  convenience init(
    model: LanguageModel, values: ParameterBuffer, _ settings: TrainingSettings, threads: Int
  ) {
    self.init(
      ShardedBatch(
        model: model, values: values, shards: settings.gradientShards, threads: threads,
        rounding: settings.rounding, differentiates: false))
  }

  /// Uses the threads and memory of training.
  init(_ batch: ShardedBatch) { self.batch = batch }

  /// Scores the first examples of a task's split.
  public func score(_ task: any RecallTask, seed: UInt64, split: Split, examples: Int) -> Score {
    score(GeneratedExamples(task, seed: seed, split: split), count: examples)
  }

  /// Scores examples in memory; also returns the token predicted at each labelled position [examples, length], −1
  /// elsewhere.
  public func score(_ examples: LabelledExamples) -> (score: Score, predictions: [Int32]) {
    var predictions: [Int32] = []
    predictions.reserveCapacity(examples.inputs.count)
    let score = score(examples, count: examples.count) { predictions += $0.predictions }
    return (score, predictions)
  }

  /// Scores the first examples of a split of each task; nil if it was interrupted. Throws what `control.keep` throws.
  package func score(
    _ tasks: [TaskConfiguration], seed: UInt64, split: Split, examples: Int,
    _ control: ScoringControl = ScoringControl()
  ) throws -> SplitScore? {
    var progress = control.start
    if !progress.isPart(ofTasks: tasks.count, examples: examples) { progress = SplitProgress() }
    let before = batch.isInterrupted
    batch.isInterrupted = control.isInterrupted
    defer { batch.isInterrupted = before }
    while progress.tasks < tasks.count {
      let task = tasks[progress.tasks].task
      let source = GeneratedExamples(task, seed: seed, split: split)
      while progress.examples < examples {
        let count = run(source, from: progress.examples, of: examples)
        guard batch.isComplete else {
          try control.keep(progress)
          return nil
        }
        progress.add(count) { score in for shard in batch.shards { score.add(shard) } }
        if !task.partNames.isEmpty {
          progress.addParts { parts in for shard in batch.shards { parts.add(task, shard) } }
        }
        try control.keep(progress)
      }
      progress.finishTask(difficulty: String(task.difficulty.value))
    }
    return progress.done
  }

  /// Scores the first examples of a source, and calls `body` with each shard when it is done.
  private func score(
    _ source: some ExampleSource, count: Int, _ body: (Shard) -> Void = { _ in }
  ) -> Score {
    var (score, first) = (Score(), 0)
    while first < count {
      first += run(source, from: first, of: count)
      for shard in batch.shards {
        score.add(shard)
        body(shard)
      }
    }
    return score
  }

  /// Runs the model on the next examples, as many as are scored at a time; returns how many they are.
  private func run(_ source: some ExampleSource, from first: Int, of count: Int) -> Int {
    let size = max(batch.shards.count, 16 * ShardPasses.tokens / source.length)
    let examples = first..<min(count, first + size)
    batch.load(source, TrainingPlan.Indices(range: examples))
    batch.run(.scoring, weight: 1, length: source.length)
    return examples.count
  }
}

extension Score {
  /// Adds the examples of a shard.
  fileprivate mutating func add(_ shard: Shard) {
    add(loss: shard.loss)
    for example in 0..<shard.exampleCount {
      add(labelled: shard.labelledCounts[example], correct: shard.correctCount(of: example))
    }
  }
}
