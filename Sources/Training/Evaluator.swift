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

  /// Scores the first examples of a split of each task.
  package func score(
    _ tasks: [TaskConfiguration], seed: UInt64, split: Split, examples: Int
  ) -> SplitScore {
    var result = SplitScore()
    for task in tasks {
      result.add(
        score(task.task, seed: seed, split: split, examples: examples),
        difficulty: String(task.task.difficulty.value))
    }
    return result
  }

  /// Scores the first examples of a source, and calls `body` with each shard when it is done.
  private func score(
    _ source: some ExampleSource, count: Int, _ body: (Shard) -> Void = { _ in }
  ) -> Score {
    var score = Score()
    let size = max(batch.shards.count, 16 * ShardPasses.tokens / source.length)
    for first in stride(from: 0, to: count, by: size) {
      batch.load(source, TrainingPlan.Indices(range: first..<min(count, first + size)))
      batch.forEachShard(ShardPasses(model: batch.model, weight: 1, purpose: .scoring))
      for shard in batch.shards {
        score.add(loss: shard.loss)
        for example in 0..<shard.exampleCount {
          score.add(
            labelled: shard.labelledCounts[example], correct: shard.correctCount(of: example))
        }
        body(shard)
      }
    }
    return score
  }
}
