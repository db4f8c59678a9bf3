import Experiments
import Records
import Training

/// One run of a configuration and its record.
///
/// An object, because results are sorted and filtered by the thousand, and a run is large.
package final class RunResult: Sendable {
  package let run: Experiment.Run
  /// nil if the run has not begun.
  package let record: RunRecord?

  package init(run: Experiment.Run, record: RunRecord?) {
    self.run = run
    self.record = record
  }

  package var learningRate: Double { run.configuration.training.learningRate }
  package var seed: UInt64 { run.configuration.seed }
  package var isFinished: Bool { record?.status == .finished }
  package var isDone: Bool { record?.isDone == true }
  /// The last evaluation on the validation split; nil before the first.
  package var validation: Evaluation? { record?.evaluations.last }
  package var test: Evaluation? { record?.test }
}

/// A configuration's runs at one learning rate.
package struct LearningRateResult: Sendable {
  package let learningRate: Double
  /// By seed.
  package let runs: [RunResult]

  package var finished: [RunResult] { runs.filter(\.isFinished) }
  /// Validation accuracy at the end of training, over the seeds that finished.
  package var validation: MeanInterval? {
    MeanInterval(finished.compactMap(\.validation?.accuracy))
  }
  /// Validation loss at the end of training, the mean over the seeds that finished.
  package var validationLoss: Double? {
    MeanInterval(finished.compactMap(\.validation?.loss))?.mean
  }

  package func count(_ status: RunRecord.Status) -> Int {
    runs.count { $0.record?.status == status }
  }
}
