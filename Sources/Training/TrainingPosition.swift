/// How far training is. Everything else that a resumed run needs follows from the configuration.
///
/// Checkpoints store it as JSON, so these names must not change.
package struct TrainingPosition: Codable {
  /// Steps taken.
  var step = 0
  /// The next step of the plan; larger than `step` if stages ended early, because skipped steps count.
  var planned = 0
  /// Smoothed training accuracy since the stage began.
  var accuracy = 0.0
  var examples = 0
  var tokens = 0
  /// Seconds of training so far.
  var seconds = 0.0
  /// Sum of the training losses since the last evaluation.
  var lossSum = 0.0
  /// Number of these losses.
  var lossCount = 0
  /// Smoothed training loss.
  var recentLoss = 0.0
  /// Learning rate of the last step.
  var lastRate = 0.0
  /// Whether the validation accuracy ended training.
  var stopped = false
  /// The step after the last one of each stage that has ended. Nil before, and where batches are shuffled.
  private(set) var stageEnds: [Int]?

  /// The number of the present stage, from 0.
  var stage: Int { stageEnds?.count ?? 0 }
  /// The number of the stage of the last step, from 1.
  var lastStage: Int { stageStart == step ? max(1, stage) : stage + 1 }
  /// The step at which it began.
  var stageStart: Int { stageEnds?.last ?? 0 }

  /// Leaves out the rest of the present stage, up to the planned step `next`.
  mutating func endStage(before next: Int) {
    planned = next
    accuracy = 0
    stageEnds = (stageEnds ?? []) + [step]
  }

  /// Counts a step. An accuracy of 1 is at most `untilAccuracy` and ends no stage.
  mutating func advance(over batch: TrainingPlan.Batch, _ result: TrainingStep.Result) {
    recentLoss = step == 0 ? result.loss : 0.95 * recentLoss + 0.05 * result.loss
    step += 1
    planned += 1
    accuracy = 0.9 * accuracy + 0.1 * result.accuracy
    if accuracy > batch.untilAccuracy || planned == batch.nextStage {
      endStage(before: batch.nextStage)
    }
    examples += batch.indices.count
    tokens += batch.indices.count * batch.task.sequenceLength
    lastRate = batch.learningRate
    lossSum += result.loss
    lossCount += 1
  }
}

extension Evaluation {
  init(at position: TrainingPosition, seconds: Double, scores: SplitScore) {
    self.init(
      step: position.step, examples: position.examples, tokens: position.tokens, seconds: seconds,
      learningRate: position.lastRate,
      trainingLoss: position.lossCount == 0
        ? position.recentLoss : position.lossSum / Double(position.lossCount),
      loss: scores.total.meanLoss, accuracy: scores.total.accuracy,
      exactMatch: scores.total.exactMatch, accuracyByDifficulty: scores.accuracyByDifficulty,
      accuracyByPart: scores.accuracyByPart)
  }
}
