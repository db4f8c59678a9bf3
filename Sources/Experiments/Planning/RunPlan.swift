import Benchmarks
import Foundation
import Training

/// What `recall run --plan` shows: every run with its arithmetic, and the time and memory that it should take.
///
/// The speed of a cell's model comes from its other runs that were trained on this kind of processor with as many
/// threads, else from a measurement of a fraction of a second. Times are upper bounds where training may end early.
public struct RunPlan: Sendable {
  public struct Item: Sendable {
    public let run: Experiment.Run
    /// With "chosen" for a learning rate that is not known yet.
    public let label: String
    public let cost: RunCost
    /// nil if it has not begun.
    public let status: RunRecord.Status?
    /// Of its training, still to be done.
    public let share: Double
    /// Until it is done.
    public let seconds: Double
    /// Parameters, gradients of all shards, moments and activations.
    public let bytes: Int
  }

  /// In the order in which they would be trained: those of the most arithmetic first.
  public let items: [Item]
  public let jobs: Int
  public let threads: Int
  /// What was asked for and cannot be.
  public let skipped: [SkippedRun]
  /// Cells whose speed comes from records, and that were measured now.
  public let recalled: Int
  public let measured: Int

  /// - Parameter halving: whether what successive halving dropped stays so.
  public init(
    _ experiment: Experiment, store: RunStore, jobs: Int, threads: Int, halving: Bool,
    machine: Machine = .current
  ) throws {
    var items: [Item] = []
    var (recalled, measured) = (0, 0)
    let costs = try experiment.costs()
    for cell in experiment.cells {
      let result = try CellResult(cell) {
        try store.record(of: $0)?.asSeen(halving: halving)
      }
      let cost = costs[cell.runs[0].hash]!
      let probe = try SpeedProbe(cell.runs[0].configuration)
      let pace = Self.pace(of: result, cost, threads: threads, on: machine)
      if pace == nil { measured += 1 } else { recalled += 1 }
      // More threads than shards change nothing.
      let shards = cell.runs[0].configuration.training.gradientShards
      let whole =
        pace
        ?? (cost.multiplyAdds * probe.secondsPerMultiplyAdd / Double(min(threads, shards))
          + Double(cost.steps) * probe.secondsPerUpdate)
      let bytes =
        4 * cost.bufferCount * (3 + shards) + probe.activationBytes * min(threads, shards)
      items += result.points.map { point in
        let share = point.isDone ? 0 : 1 - (point.record?.progress ?? 0)
        return Item(
          run: point.run, label: point.run.label, cost: cost, status: point.record?.status,
          share: share, seconds: share * whole, bytes: bytes)
      }
      items += result.later.map { run in
        Item(
          run: run, label: run.labelOfLater(in: experiment), cost: cost, status: nil, share: 1,
          seconds: whole, bytes: bytes)
      }
    }
    let byHash = Dictionary(uniqueKeysWithValues: items.map { ($0.run.hash, $0) })
    self.items = experiment.runsLongestFirst(costs).compactMap { byHash[$0.hash] }
    skipped = experiment.skipped
    (self.jobs, self.threads) = (jobs, threads)
    (self.recalled, self.measured) = (recalled, measured)
  }

  /// Seconds of a whole run of a cell, the median of those known; nil if none is.
  private static func pace(
    of result: CellResult, _ cost: RunCost, threads: Int, on machine: Machine
  ) -> Double? {
    let paces = result.points.compactMap { point -> Double? in
      guard let record = point.record, record.cpu == machine.cpu, record.threads == threads,
        record.earlierProcessors == nil, let last = record.evaluations.last, last.examples > 0
      else { return nil }
      return last.seconds * Double(cost.examples) / Double(last.examples)
    }
    return paces.isEmpty ? nil : median(paces)
  }

  /// Seconds until everything is done, each job taking the next run that is left.
  public var seconds: Double {
    var free = [Double](repeating: 0, count: jobs)
    for item in items {
      let next = free.indices.min { free[$0] < free[$1] }!
      free[next] += item.seconds
    }
    return free.max()!
  }

  /// The most that runs in training together take.
  public var bytes: Int {
    items.filter { $0.share > 0 }.map(\.bytes).sorted(by: >).prefix(jobs).reduce(0, +)
  }

  /// Multiply-adds still to be done.
  public var multiplyAdds: Double { items.reduce(0) { $0 + $1.share * $1.cost.multiplyAdds } }
}
