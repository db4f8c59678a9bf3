import Capacity
import Experiments
import Foundation
import Support
import Training

/// The result of one run, kept as one JSON file. Tables and charts are made from records alone.
package struct RunRecord: Codable, Sendable {
  /// The version of the file format; readers refuse other versions.
  package static let currentFormat = SettingValue.recordFormat

  package enum Status: String, Codable, Sendable, CaseIterable {
    /// In training, or its process ended without writing another status.
    case running
    /// Interrupted, with a checkpoint.
    case paused
    /// Trained to the end.
    case finished
    /// Its loss or gradient became infinite or NaN. Training is deterministic, so another try would end the same way.
    case diverged
    /// Something else went wrong, such as too little memory. The next `recall run` tries again, unless `isGivenUp`.
    case failed
    /// Successive halving ended it because other learning rates did better. Its checkpoint stays.
    case dropped
  }

  /// Why training ended early.
  package struct Failure: Codable, Hashable, Sendable {
    package var reason: String
    package var step: Int

    package init(reason: String, step: Int) { (self.reason, self.step) = (reason, step) }
  }

  /// The validation score after a share of the training, which successive halving compares.
  package struct Rung: Codable, Hashable, Sendable {
    package var share: Double
    package var step: Int
    package var accuracy: Double
    package var loss: Double

    package init(share: Double, step: Int, accuracy: Double, loss: Double) {
      (self.share, self.step) = (share, step)
      (self.accuracy, self.loss) = (accuracy, loss)
    }
  }

  /// A kind of processor. Results repeat to the bit only on the same kind.
  package struct Processor: Codable, Hashable, Sendable, CustomStringConvertible {
    package var cpu: String
    package var instructionSet: String
    /// The name of OpenBLAS's kernels.
    package var blasCore: String

    enum CodingKeys: String, CodingKey {
      case cpu
      case instructionSet = "instruction_set"
      case blasCore = "blas_core"
    }

    package var description: String { "\(cpu), \(instructionSet), OpenBLAS \(blasCore)" }

    /// Whether both give results with the same bits. The processors' names do not matter.
    package func computesLike(_ other: Processor) -> Bool {
      instructionSet == other.instructionSet && blasCore == other.blasCore
    }
  }

  /// The speed of the latest session, and the time of all sessions.
  package struct Throughput: Codable, Hashable, Sendable {
    package var sequencesPerSecond: Double
    package var seconds: Double

    package init(sequencesPerSecond: Double, seconds: Double) {
      (self.sequencesPerSecond, self.seconds) = (sequencesPerSecond, seconds)
    }

    enum CodingKeys: String, CodingKey {
      case sequencesPerSecond = "sequences_per_second"
      case seconds
    }
  }

  /// The seeds of the named random streams; all are the run's seed.
  package struct Seeds: Codable, Hashable, Sendable {
    package var data: UInt64
    package var initialization: UInt64
    package var order: UInt64
    package var dropout: UInt64

    init(_ seed: UInt64) { (data, initialization, order, dropout) = (seed, seed, seed, seed) }
  }

  package var format = RunRecord.currentFormat
  package var status: Status
  package var label: String
  package var configuration: RunConfiguration
  /// The requested and obtained ratio to another model, where the experiment has `match`.
  package var match: MatchOutcome?
  /// Scores on the validation split, in the order of training.
  package var evaluations: [Evaluation] = []
  /// The score on the test split. Only finished runs at the learning rate that validation chose have one.
  package var test: Evaluation?
  /// How far an interrupted scoring on the test split is; nil for none.
  package var testProgress: SplitProgress?
  /// Ranks of its mixing matrices on test examples, where the experiment measures them.
  package var rank: RankMeasurement?
  /// What keeping its state in bfloat16 does to it, where the experiment measures that.
  package var stateRounding: StateRounding?
  /// Test accuracy by the number of pairs, at fewer than its task has, where the experiment measures that.
  package var accuracyAtFewerPairs: [String: Double]?
  /// Steps of the whole training; stages that end early make it less.
  package var totalSteps: Int?
  /// The comparisons that it has reached; nil without successive halving.
  package var rungs: [Rung]?
  /// The steps of each stage of a finished run; nil where they are not known.
  package var stageSteps: [Int]?
  /// Whether `early_stop_accuracy` ended training.
  package var stoppedEarly: Bool?
  package var failure: Failure?
  /// How many processes in a row began to train or score it and ended without a result or an error; nil for none.
  package var attempts: Int?
  package var seeds: Seeds
  /// How many scalars are trained.
  package var parameters: Int?
  /// Scalars carried from token to token at the end of a test sequence, measured from `step`.
  package var stateScalars: Int?
  package var throughput: Throughput?
  /// The commit of the code that trained it.
  package var commit: String
  package var cpu: String
  package var instructionSet: String
  /// The name of OpenBLAS's kernels; results repeat to the bit only with the same kernels.
  package var blasCore: String
  /// Other processors that trained earlier parts of the run; nil for none.
  package var earlierProcessors: [Processor]?
  /// Threads within this run.
  package var threads: Int
  /// In UTC, as 2026-01-31T23:59:59Z.
  package var started: String
  package var finished: String?

  enum CodingKeys: String, CodingKey {
    case format, status, label, configuration, match, evaluations, test, rank
    case stateRounding = "bf16_state_errors"
    case accuracyAtFewerPairs = "accuracy_at_fewer_pairs"
    case testProgress = "test_progress"
    case totalSteps = "total_steps"
    case rungs
    case stageSteps = "stage_steps"
    case stoppedEarly = "stopped_early"
    case failure, attempts, seeds, parameters, throughput, commit, cpu
    case stateScalars = "state_scalars"
    case instructionSet = "instruction_set"
    case blasCore = "blas_core"
    case earlierProcessors = "earlier_processors"
    case threads, started, finished
  }

  package init(_ run: Experiment.Run, machine: Machine, threads: Int) {
    status = .running
    label = run.label
    configuration = run.configuration
    match = run.match
    seeds = Seeds(run.configuration.seed)
    commit = machine.commit
    cpu = machine.cpu
    instructionSet = machine.instructionSet(at: run.configuration.training.precision)
    blasCore = machine.blasCore
    self.threads = threads
    started = Self.now
  }

  /// The present time as records write it.
  package static var now: String { Date().formatted(.iso8601) }
}

extension RunRecord {
  /// After so many attempts without a result a run is given up, because it seems to kill its processes. The number is
  /// large, because a busy machine may kill processes several times in a row for other reasons.
  package static let mostAttempts = 20

  /// Whether no training is left to do.
  package var isDone: Bool { [.finished, .diverged, .dropped].contains(status) }

  /// Whether too many processes died while they worked on it. It is not tried again.
  package var isGivenUp: Bool { status == .failed && (attempts ?? 0) >= Self.mostAttempts }

  /// The record as an experiment with or without successive halving sees it: without it, a dropped run is paused.
  package func view(halving: Bool) -> RunRecord {
    var record = self
    if !halving, status == .dropped { record.status = .paused }
    return record
  }

  package var processor: Processor {
    Processor(cpu: cpu, instructionSet: instructionSet, blasCore: blasCore)
  }

  /// Whether training ended although validation accuracy still rose: a stage with `until_plateau` took all of its steps,
  /// and by its evaluations was not at its plateau then.
  package var endedBeforePlateau: Bool {
    guard status == .finished, stoppedEarly != true, let stageSteps,
      let plan = try? TrainingPlan(configuration)
    else { return false }
    var start = 0
    for (stage, taken) in zip(plan.stages, stageSteps) {
      defer { start += taken }
      guard stage.untilPlateau > 0, taken >= stage.steps else { continue }
      if !TrainingPlan.isPlateau(evaluations, of: stage, from: start, taken: taken) { return true }
    }
    return false
  }

  /// The share of its steps that are done; nil where that is not known.
  package var progress: Double? {
    if status == .finished { return 1 }
    guard let totalSteps, totalSteps > 0 else { return nil }
    return Double(evaluations.last?.step ?? 0) / Double(totalSteps)
  }
}
