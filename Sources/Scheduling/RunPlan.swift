import Benchmarks
import Experiments
import Records
import Results
import Training

/// What `recall run --plan` shows: every run with its arithmetic, expected time and expected memory.
///
/// The speed of a configuration comes from its runs that were trained on this kind of processor with the same number of
/// threads, otherwise from a measurement of a fraction of a second. Times are upper bounds if training may end early.
package struct RunPlan: Sendable {
  /// One run of the plan.
  ///
  /// An object, because plans are sorted by the thousand, and a run is large.
  package final class Item: Sendable {
    package let run: Experiment.Run
    /// The run's label, with "chosen" for a learning rate that is not known yet.
    package let label: String
    package let cost: RunCost
    /// nil if it has not begun.
    package let status: RunRecord.Status?
    /// The share of its training that is still to do.
    package var share: Double { figures.share }
    /// The expected time until it is done.
    package var seconds: Double { figures.seconds }
    /// Memory for parameters, gradients of all shards, moments and activations.
    package var bytes: Int { figures.bytes }
    /// Its numbers, which many runs have in common.
    package let figures: Figures

    package struct Figures: Hashable, Sendable {
      package let share: Double, seconds: Double, bytes: Int, steps: Int, multiplyAdds: Double
      /// State relative to attention's, as the table counts it; nil for a model without a recurrence.
      package let state: Double?
    }

    fileprivate init(
      _ run: Experiment.Run, label: String? = nil, cost: RunCost, status: RunRecord.Status? = nil,
      share: Double, secondsOfAll: Double, bytes: Int, state: Double?
    ) {
      (self.run, self.label, self.cost, self.status) = (run, label ?? run.label, cost, status)
      figures = Figures(
        share: share, seconds: share * secondsOfAll, bytes: bytes, steps: cost.steps,
        multiplyAdds: share * cost.multiplyAdds, state: state)
    }
  }

  /// In the order of training.
  package let items: [Item]
  package let jobs: Int
  package let threads: Int
  /// What the file asks for although no model can meet its `match`.
  package let skipped: [SkippedRun]
  /// How many configurations' speed comes from records.
  package let recalled: Int
  /// How many configurations' speed was measured now.
  package let measured: Int
  /// How many configurations' speed is that of a similar model, scaled by its arithmetic.
  package let estimated: Int

  /// - Parameters:
  ///   - results: what the records say of the experiment's configurations, in its order.
  ///   - note: is told of a measurement that takes long.
  package init(
    _ experiment: Experiment, results: [ConfigurationResult], jobs: Int, threads: Int,
    machine: Machine = .current, note: (String) -> Void = { _ in }
  ) throws {
    var items: [Item] = []
    var (recalled, measured, estimated) = (0, 0, 0)
    let costs = try experiment.configurationCosts()
    let speeds = try ModelSpeeds(experiment, costs, note: note)
    var states = RelativeStates(experiment.table.convention)
    for (result, cost) in zip(results, costs) {
      let configuration = result.configuration
      let figures = speeds[configuration]
      let pace = Self.pace(of: result, cost, threads: threads, on: machine)
      if pace != nil {
        recalled += 1
      } else if figures.isMeasured {
        measured += 1
      } else {
        estimated += 1
      }
      // More threads than shards change nothing.
      let shards = configuration.shared.training.gradientShards
      let whole =
        pace
        ?? (figures.seconds / Double(min(threads, shards)) + figures.updateSeconds)
      let bytes =
        4 * cost.bufferCount * (3 + shards) + figures.activationBytes * min(threads, shards)
      let state = try states.ratio(of: configuration)
      items += result.runs.map { one in
        let share = one.isDone ? 0 : 1 - (one.record?.progress ?? 0)
        return Item(
          one.run, cost: cost, status: one.record?.status, share: share, secondsOfAll: whole,
          bytes: bytes, state: state)
      }
      items += result.deferred.map { run in
        Item(
          run, label: run.labelOfDeferred(in: experiment), cost: cost, share: 1,
          secondsOfAll: whole, bytes: bytes, state: state)
      }
    }
    let byHash = Dictionary(uniqueKeysWithValues: items.map { ($0.run.hash, $0) })
    self.items = experiment.runsInOrder(costs).compactMap { byHash[$0.hash] }
    skipped = experiment.skipped
    (self.jobs, self.threads) = (jobs, threads)
    (self.recalled, self.measured, self.estimated) = (recalled, measured, estimated)
  }

  /// Seconds for a whole run, from the records of its configuration; nil if there are none.
  ///
  /// The pace at each sequence length is the median over the stretches between evaluations, so that one in which the process
  /// was stopped, or the machine slept, does not count. A length without a stretch has the pace of the nearest one.
  private static func pace(
    of result: ConfigurationResult, _ cost: RunCost, threads: Int, on machine: Machine
  ) -> Double? {
    func nearest(_ length: Double, in lengths: some Collection<Int>) -> Int {
      lengths.min { abs(Double($0) - length) < abs(Double($1) - length) }!
    }
    // Seconds per token by length.
    var paces: [Int: [Double]] = [:]
    for one in result.runs {
      guard let record = one.record, record.cpu == machine.cpu, record.threads == threads,
        record.earlierProcessors == nil
      else { continue }
      var (tokens, examples, seconds) = (0, 0, 0.0)
      for evaluation in record.evaluations {
        let sequences = evaluation.examples - examples
        let added = evaluation.tokens - tokens
        if sequences > 0, added > 0 {
          let length = nearest(
            Double(added) / Double(sequences), in: cost.tokensByLength.keys.sorted())
          paces[length, default: []].append((evaluation.seconds - seconds) / Double(added))
        }
        (tokens, examples, seconds) = (evaluation.tokens, evaluation.examples, evaluation.seconds)
      }
    }
    guard !paces.isEmpty else { return nil }
    return cost.tokensByLength.reduce(0) { sum, stage in
      let length = nearest(Double(stage.key), in: paces.keys.sorted())
      return sum + Double(stage.value) * median(paces[length]!)
    }
  }

  /// Seconds until everything is done, if each job takes the next run that is left.
  package var seconds: Double {
    var free = [Double](repeating: 0, count: jobs)
    for item in items {
      let next = free.indices.min { free[$0] < free[$1] }!
      free[next] += item.seconds
    }
    return free.max()!
  }

  /// Whether some training may end before its last step, so that times are upper bounds.
  package var canEndEarly: Bool {
    items.contains { item in
      let training = item.run.configuration.training
      return training.earlyStopAccuracy < 1
        || training.stages.contains(where: \.canEndEarly)
    }
  }

  /// The most memory that the runs in training at one time need.
  package var bytes: Int {
    items.filter { $0.share > 0 }.map(\.bytes).sorted(by: >).prefix(jobs).reduce(0, +)
  }

  /// Multiply-adds that are still to do.
  package var multiplyAdds: Double { items.reduce(0) { $0 + $1.share * $1.cost.multiplyAdds } }
}
