import Foundation

/// All that is kept of a run: one JSON file, from which tables and charts are made.
public struct RunRecord: Codable, Sendable {
  /// The layout of this file; readers refuse others.
  public static let currentFormat = 1

  public enum Status: String, Codable, Sendable {
    case running, finished, failed, paused
  }

  /// Why training ended early.
  public struct Failure: Codable, Hashable, Sendable {
    public var reason: String
    public var step: Int

    public init(reason: String, step: Int) { (self.reason, self.step) = (reason, step) }
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
  /// On the validation split, in the order of training.
  public var evaluations: [Evaluation] = []
  /// On the test split, once, of a finished run.
  public var test: Evaluation?
  /// Whether `stop_above` ended training.
  public var stoppedEarly: Bool?
  public var failure: Failure?
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
  /// Within this run.
  public var threads: Int
  /// In UTC, as 2026-01-31T23:59:59Z.
  public var started: String
  public var finished: String?

  enum CodingKeys: String, CodingKey {
    case format, status, label, configuration, evaluations, test
    case stoppedEarly = "stopped_early"
    case failure, seeds, parameters, throughput, commit, cpu
    case stateScalars = "state_scalars"
    case instructionSet = "instruction_set"
    case blasCore = "blas_core"
    case threads, started, finished
  }

  public init(_ run: Experiment.Run, machine: Machine, threads: Int) {
    status = .running
    label = run.label
    configuration = run.configuration
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
  /// Whether there is nothing left to do: training is deterministic, so a failed run would fail again.
  public var isDone: Bool { status == .finished || status == .failed }
}
