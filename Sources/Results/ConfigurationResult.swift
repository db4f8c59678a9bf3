import Experiments
import Records
import Support
import Training

/// What the records say of one configuration, and the learning rate that validation chooses.
///
/// Every learning rate of the grid is trained at every seed, or at the first `searchSeeds` seeds. The chosen rate has
/// the highest mean validation accuracy at the end of training; among equals the lowest validation loss decides. It is
/// then trained at the other seeds. Only when the rate is known, its runs are scored on the test split, once each.
package struct ConfigurationResult: Sendable {
  package let configuration: Experiment.Configuration
  /// Whether successive halving continues, holds or drops each run of the search, by hash.
  package let verdicts: [String: Halving.Verdict]
  /// The learning rates, lowest first, at the seeds at which they are compared.
  package let searchCurve: [LearningRateResult]
  /// The same, and the chosen rate's runs at the other seeds.
  package let rates: [LearningRateResult]
  /// The rate that validation chose, at the seeds so far; nil until it is known. It is known from the start if there is no
  /// other.
  package let settled: LearningRateResult?
  /// The rate that validation chose; nil until every run is done, and if none finished.
  package let chosen: LearningRateResult?
  /// Runs at rates that were not chosen and nevertheless have a test score, also at seeds that do not compare rates: those of
  /// an earlier search. 0 until a rate is chosen.
  package let scoredAtOtherRates: Int
  /// A run for each seed that waits for the choice of a learning rate. Here they have the first rate of the grid.
  package let deferred: [Experiment.Run]

  /// A run that was dropped in a smaller search counts as paused if the present search would continue it.
  ///
  /// - Parameter record: returns the record of a run, or nil if it has none.
  package init(
    _ configuration: Experiment.Configuration,
    record: (Experiment.Run) throws -> RunRecord?
  ) rethrows {
    self.configuration = configuration
    let all = configuration.seeds
    let seeds = Set(all.prefix(configuration.searchSeeds ?? .max))
    func searched(_ runs: [RunResult]) -> [RunResult] {
      seeds.count == all.count ? runs : runs.filter { seeds.contains($0.seed) }
    }
    var runs = try configuration.runs.map { RunResult(run: $0, record: try record($0)) }
    let curve = Self.curve(searched(runs))
    verdicts = Halving.verdicts(curve)
    var hasContinued = false
    for (index, one) in runs.enumerated() where verdicts[one.run.hash] == .proceed {
      guard let record = one.record, record.status == .dropped else { continue }
      runs[index] = RunResult(run: one.run, record: record.view(halving: false))
      hasContinued = true
    }
    searchCurve = hasContinued ? Self.curve(searched(runs)) : curve
    let isSearched = searchCurve.allSatisfy { $0.runs.allSatisfy(\.isDone) }
    let best =
      isSearched || searchCurve.count == 1 ? Self.best(of: searchCurve)?.learningRate : nil
    rates =
      seeds.count == all.count
      ? searchCurve
      : Self.curve(runs.filter { seeds.contains($0.seed) || $0.learningRate == best })
    settled = rates.first { $0.learningRate == best }
    let chosen = rates.flatMap(\.runs).allSatisfy(\.isDone) ? settled : nil
    self.chosen = chosen
    scoredAtOtherRates =
      chosen.map { chosen in
        runs.count { $0.record?.test != nil && $0.learningRate != chosen.learningRate }
      } ?? 0
    if isSearched {
      deferred = []
    } else {
      let bySeed = Dictionary(configuration.runs.map { ($0.configuration.seed, $0) }) { old, _ in
        old
      }
      deferred = all.dropFirst(seeds.count).map { bySeed[$0]! }
    }
  }

  private static func curve(_ runs: [RunResult]) -> [LearningRateResult] {
    runs.grouped(by: \.learningRate)
      .map { LearningRateResult(learningRate: $0, runs: $1.sorted { $0.seed < $1.seed }) }
      .sorted { $0.learningRate < $1.learningRate }
  }

  /// A rate at which fewer seeds finished than at another is not chosen.
  private static func best(of rates: [LearningRateResult]) -> LearningRateResult? {
    let most = rates.map(\.finished.count).max() ?? 0
    /// NaN is the worst, because it cannot be compared.
    func loss(_ rate: LearningRateResult) -> Double {
      let loss = rate.validationLoss ?? 0
      return loss.isNaN ? .infinity : loss
    }
    return rates.filter { !$0.finished.isEmpty && $0.finished.count == most }.max { first, second in
      let (a, b) = (first.validation?.mean ?? 0, second.validation?.mean ?? 0)
      return a != b ? a < b : loss(first) > loss(second)
    }
  }

  /// The runs that are known to be needed.
  package var runs: [RunResult] { rates.flatMap(\.runs) }
  /// How many runs are needed, deferred ones included.
  package var count: Int { runs.count + deferred.count }
  package var isComplete: Bool { deferred.isEmpty && runs.allSatisfy(\.isDone) }

  package func count(_ status: RunRecord.Status) -> Int {
    runs.count { $0.record?.status == status }
  }

  /// Why runs diverged or failed, each reason once, sorted.
  package var failures: [String] { Set(runs.compactMap { $0.record?.failure?.reason }).sorted() }

  /// Whether the chosen rate is the lowest or highest of the grid: an untried rate may be better.
  package var isAtEdge: Bool {
    guard let settled, rates.count > 1 else { return false }
    return settled.learningRate == rates.first?.learningRate
      || settled.learningRate == rates.last?.learningRate
  }

  /// Runs of the chosen rate that have no test score yet.
  package var unscored: [Experiment.Run] {
    (settled?.finished ?? []).filter { $0.test == nil }.map(\.run)
  }

  /// The rate with the best validation accuracy so far; nil before the first run has finished.
  package var bestSoFar: LearningRateResult? { settled ?? Self.best(of: searchCurve) }

  /// Whether nothing is left to train or to score at seed number `index`; true where there is none.
  package func isDone(seedAt index: Int) -> Bool {
    guard configuration.seeds.indices.contains(index) else { return true }
    let seed = configuration.seeds[index]
    return runs.allSatisfy { $0.seed != seed || $0.isDone }
      && !(deferred + unscored).contains { $0.configuration.seed == seed }
  }
}

extension Experiment {
  /// What the records say of every configuration.
  ///
  /// - Parameter halving: whether runs that successive halving dropped stay dropped.
  package func results(in store: RunStore, halving: Bool = true) throws -> [ConfigurationResult] {
    try configurations.map { configuration in
      try ConfigurationResult(configuration) {
        try store.record(of: $0)?.view(halving: halving)
      }
    }
  }
}

extension [ConfigurationResult] {
  /// How many runs are to be trained or scored.
  package var waitingCount: Int {
    reduce(0) { $0 + $1.runs.count { !$0.isDone } + $1.deferred.count + $1.unscored.count }
  }
}
