import Foundation
import Training

/// All that is kept of a run: one JSON file, from which tables and charts are made.
public struct RunRecord: Codable, Sendable {
  /// The layout of this file; readers refuse others.
  public static let currentFormat = 1

  public enum Status: String, Codable, Sendable, CaseIterable {
    /// In training; after a crash, where training was.
    case running
    /// Interrupted, with a checkpoint.
    case paused
    /// Trained to the end.
    case finished
    /// Its numbers became infinite or not a number. Training is deterministic: it would do so again.
    case diverged
    /// Something else went wrong, such as too little memory; it is tried again, unless processes died of it.
    case failed
    /// Successive halving ended it: other learning rates did better so far. Its checkpoint is kept.
    case dropped
  }

  /// Why training ended early.
  public struct Failure: Codable, Hashable, Sendable {
    public var reason: String
    public var step: Int

    public init(reason: String, step: Int) { (self.reason, self.step) = (reason, step) }
  }

  /// What successive halving compares: the validation scores when a share of the training was behind.
  public struct Rung: Codable, Hashable, Sendable {
    public var share: Double
    public var step: Int
    public var accuracy: Double
    public var loss: Double

    public init(share: Double, step: Int, accuracy: Double, loss: Double) {
      (self.share, self.step) = (share, step)
      (self.accuracy, self.loss) = (accuracy, loss)
    }
  }

  /// A kind of processor; results repeat to the bit only on the same one.
  public struct Processor: Codable, Hashable, Sendable, CustomStringConvertible {
    public var cpu: String
    public var instructionSet: String
    /// OpenBLAS's kernels.
    public var blasCore: String

    enum CodingKeys: String, CodingKey {
      case cpu
      case instructionSet = "instruction_set"
      case blasCore = "blas_core"
    }

    public var description: String { "\(cpu), \(instructionSet), OpenBLAS \(blasCore)" }

    /// Whether both run the same arithmetic; the names of processors do not matter.
    public func computesLike(_ other: Processor) -> Bool {
      instructionSet == other.instructionSet && blasCore == other.blasCore
    }
  }

  /// How fast it went; over all sittings.
  public struct Throughput: Codable, Hashable, Sendable {
    public var sequencesPerSecond: Double
    public var seconds: Double

    public init(sequencesPerSecond: Double, seconds: Double) {
      (self.sequencesPerSecond, self.seconds) = (sequencesPerSecond, seconds)
    }

    enum CodingKeys: String, CodingKey {
      case sequencesPerSecond = "sequences_per_second"
      case seconds
    }
  }

  /// The named random streams' seeds; one number feeds all of them.
  public struct Seeds: Codable, Hashable, Sendable {
    public var data: UInt64
    public var initialization: UInt64
    public var order: UInt64
    public var dropout: UInt64

    init(_ seed: UInt64) { (data, initialization, order, dropout) = (seed, seed, seed, seed) }
  }

  public var format = RunRecord.currentFormat
  public var status: Status
  public var label: String
  public var configuration: RunConfiguration
  /// Requested and obtained ratio to another model, where the experiment asks for one.
  public var match: MatchOutcome?
  /// On the validation split, in the order of training.
  public var evaluations: [Evaluation] = []
  /// On the test split, once, of a finished run whose learning rate validation chose.
  public var test: Evaluation?
  /// Steps that training has; segments that end early take some away.
  public var totalSteps: Int?
  /// One for each that it came to; nil without successive halving.
  public var rungs: [Rung]?
  /// Whether `stop_above` ended training.
  public var stoppedEarly: Bool?
  public var failure: Failure?
  /// How often in a row a process began to train or score it and, so far, neither got further nor said why not; nil
  /// for none.
  public var attempts: Int?
  public var seeds: Seeds
  /// Scalars that were trained.
  public var parameters: Int?
  /// Scalars carried from token to token after a test sequence, counted from the recurrence.
  public var stateScalars: Int?
  public var throughput: Throughput?
  /// The code and the machine that ran it.
  public var commit: String
  public var cpu: String
  public var instructionSet: String
  /// OpenBLAS's kernels; results repeat to the bit only on the same ones.
  public var blasCore: String
  /// Others on which earlier parts of the run were trained; nil for none.
  public var earlierProcessors: [Processor]?
  /// Within this run.
  public var threads: Int
  /// In UTC, as 2026-01-31T23:59:59Z.
  public var started: String
  public var finished: String?

  enum CodingKeys: String, CodingKey {
    case format, status, label, configuration, match, evaluations, test
    case totalSteps = "total_steps"
    case rungs
    case stoppedEarly = "stopped_early"
    case failure, attempts, seeds, parameters, throughput, commit, cpu
    case stateScalars = "state_scalars"
    case instructionSet = "instruction_set"
    case blasCore = "blas_core"
    case earlierProcessors = "earlier_processors"
    case threads, started, finished
  }

  public init(_ run: Experiment.Run, machine: Machine, threads: Int) {
    status = .running
    label = run.label
    configuration = run.configuration
    match = run.match
    seeds = Seeds(run.configuration.seed)
    commit = machine.commit
    cpu = machine.cpu
    instructionSet = machine.instructionSet
    blasCore = machine.blasCore
    self.threads = threads
    started = Self.now
  }

  /// The present moment as it is written in records.
  static var now: String { Date().formatted(.iso8601) }
}

extension RunRecord {
  /// Attempts without a word after which a run is given up: something in it ends its processes. So many, as on a busy
  /// machine someone else's kills may come before half a second of training several times in a row.
  public static let mostAttempts = 20

  /// Whether nothing is left to train.
  public var isDone: Bool { [.finished, .diverged, .dropped].contains(status) }

  /// Processes died of it too often; it is not tried again.
  public var isGivenUp: Bool { status == .failed && (attempts ?? 0) >= Self.mostAttempts }

  /// What successive halving dropped is taken up again without it.
  public func asSeen(halving: Bool) -> RunRecord {
    var record = self
    if !halving, status == .dropped { record.status = .paused }
    return record
  }

  public var processor: Processor {
    Processor(cpu: cpu, instructionSet: instructionSet, blasCore: blasCore)
  }

  /// Steps behind it as a share of all; nil where it is not known.
  public var progress: Double? {
    if status == .finished { return 1 }
    guard let totalSteps, totalSteps > 0 else { return nil }
    return Double(evaluations.last?.step ?? 0) / Double(totalSteps)
  }
}
