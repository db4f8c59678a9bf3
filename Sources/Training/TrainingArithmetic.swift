import Models
import RecallTasks

extension LanguageModel {
  /// Multiply-adds of a training step on one example of a task.
  package func trainingMultiplyAdds(
    _ task: any RecallTask, seed: UInt64, example: Int = 0
  ) -> Double {
    let labels = task.example(at: example, seed: seed, split: .train).labels
    return Double(
      trainingMultiplyAdds(length: task.sequenceLength, labelled: OutputPositions(labels: labels)))
  }
}
