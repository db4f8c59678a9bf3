import Records
import Training

/// Successive halving over a configuration's learning rates (Jamieson and Talwalkar 2016).
///
/// All rates are trained up to a share of the training. The better half continues to twice that share, and so on until
/// one rate is left, which is trained to the end. The better rate has the higher validation accuracy, the mean over
/// seeds; among equals the lower loss decides. Halving may drop the best rate, because recall often forms suddenly and
/// late.
package enum Halving {
  package enum Verdict: Hashable, Sendable {
    /// Train the run, up to the next comparison or the end.
    case proceed
    /// First, other runs must reach the comparison.
    case wait
    case drop
  }

  /// Shares of the training at which rates are compared: 1/4 and 1/2 for three or four rates.
  package static func shares(rates: Int) -> [Double] {
    var shares: [Double] = []
    var (left, share) = (rates, 1.0)
    while left > 1 {
      left = (left + 1) / 2
      share /= 2
      shares.insert(share, at: 0)
    }
    return shares
  }

  /// The share of a search's arithmetic that halving leaves: a half for three or four rates.
  ///
  /// - Parameter evaluationShare: returns the share of the first evaluation at or after a comparison's share.
  package static func share(rates: Int, at evaluationShare: (Double) -> Double = { $0 }) -> Double {
    var (left, sum, before) = (rates, 0.0, 0.0)
    for share in shares(rates: rates).map(evaluationShare) + [1] {
      sum += Double(left) * (share - before)
      (left, before) = ((left + 1) / 2, share)
    }
    return sum / Double(rates)
  }

  /// The verdict on each run of the search that has neither finished nor diverged, by hash.
  ///
  /// It is a pure function of the records, so all processes come to the same verdicts.
  package static func verdicts(_ search: [LearningRateResult]) -> [String: Verdict] {
    var verdicts: [String: Verdict] = [:]
    func judge(_ rates: [LearningRateResult], _ verdict: (RunResult) -> Verdict) {
      for one in rates.flatMap(\.runs) where ![.finished, .diverged].contains(one.record?.status) {
        verdicts[one.run.hash] = verdict(one)
      }
    }
    var alive = search
    for share in shares(rates: search.count) {
      func isThere(_ one: RunResult) -> Bool {
        one.record?.status == .diverged || one.score(at: share) != nil
      }
      guard alive.flatMap(\.runs).allSatisfy(isThere) else {
        judge(alive) { isThere($0) ? .wait : .proceed }
        return verdicts
      }
      let ranked = alive.map { ($0, Rank($0, at: share)) }.sorted { $1.1 < $0.1 }
      let better = ranked.prefix((alive.count + 1) / 2).map(\.0.learningRate)
      judge(alive.filter { !better.contains($0.learningRate) }) { _ in .drop }
      alive.removeAll { !better.contains($0.learningRate) }
    }
    judge(alive) { _ in .proceed }
    return verdicts
  }

  /// What decides between rates at a comparison. A rate at which fewer seeds diverged ranks higher.
  private struct Rank: Comparable {
    let seeds: Int
    let accuracy: Double
    let loss: Double

    init(_ rate: LearningRateResult, at share: Double) {
      let scores = rate.runs.filter { $0.record?.status != .diverged }
        .compactMap { $0.score(at: share) }
      seeds = scores.count
      accuracy = MeanInterval(scores.map(\.accuracy))?.mean ?? 0
      loss = MeanInterval(scores.map(\.loss))?.mean ?? 0
    }

    static func < (a: Rank, b: Rank) -> Bool {
      if a.seeds != b.seeds { return a.seeds < b.seeds }
      return a.accuracy != b.accuracy ? a.accuracy < b.accuracy : a.loss > b.loss
    }
  }
}

extension RunResult {
  /// The validation score after a share of the training; nil if training has not come so far.
  ///
  /// A run that passed the share without this comparison, because it was trained without halving or in a grid of
  /// other rates, has the score among its evaluations.
  fileprivate func score(at share: Double) -> (accuracy: Double, loss: Double)? {
    let next = record?.rungs?.first { $0.share >= share }
    if let next, next.share == share { return (next.accuracy, next.loss) }
    guard let record, let last = record.evaluations.last, next != nil || isFinished else {
      return nil
    }
    let step = share / (next?.share ?? 1) * Double(next?.step ?? last.step)
    let there = record.evaluations.first { Double($0.step) >= step } ?? last
    return (there.accuracy, there.loss)
  }
}
