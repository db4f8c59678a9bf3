import Experiments
import Records
import Training

/// One run of a configuration and its record.
public struct RunResult: Sendable {
  public let run: Experiment.Run
  /// nil if the run has not begun.
  public let record: RunRecord?

  public var learningRate: Double { run.configuration.training.learningRate }
  public var seed: UInt64 { run.configuration.seed }
  public var isFinished: Bool { record?.status == .finished }
  package var isDone: Bool { record?.isDone == true }
  /// The last evaluation on the validation split; nil before the first.
  public var validation: Evaluation? { record?.evaluations.last }
  public var test: Evaluation? { record?.test }
}

/// A configuration's runs at one learning rate.
public struct LearningRateResult: Sendable {
  public let learningRate: Double
  /// By seed.
  public let runs: [RunResult]

  public var finished: [RunResult] { runs.filter(\.isFinished) }
  /// Validation accuracy at the end of training, over the seeds that finished.
  public var validation: MeanInterval? { MeanInterval(finished.compactMap(\.validation?.accuracy)) }
  /// Validation loss at the end of training, the mean over the seeds that finished.
  public var validationLoss: Double? { MeanInterval(finished.compactMap(\.validation?.loss))?.mean }

  public func count(_ status: RunRecord.Status) -> Int {
    runs.count { $0.record?.status == status }
  }
}
