import Foundation
import Training

/// Successive halving over the learning rates of a cell (Jamieson and Talwalkar 2016): all rates are trained up to
/// a share of the training, then the better half goes on to twice that share, until one is left, which is trained
/// to the end. The comparison is by validation accuracy, the mean over seeds; of equals the lower loss is better.
///
/// What it saves it may pay for with a worse choice: recall often forms suddenly, and late.
public enum Halving {
  public enum Verdict: Hashable, Sendable {
    /// To be trained, up to the next comparison or the end.
    case goOn
    /// Others have to come as far first.
    case wait
    case drop
  }

  /// Shares of the training at which rates are compared: 1/4 and 1/2 of three or four.
  public static func shares(rates: Int) -> [Double] {
    var shares: [Double] = []
    var (left, share) = (rates, 1.0)
    while left > 1 {
      left = (left + 1) / 2
      share /= 2
      shares.insert(share, at: 0)
    }
    return shares
  }

  /// The share of a cell's arithmetic that is left: a half of three or four rates.
  ///
  /// - Parameter place: where in training a comparison is really made, as a share of it.
  public static func share(rates: Int, at place: (Double) -> Double = { $0 }) -> Double {
    var (left, sum, before) = (rates, 0.0, 0.0)
    for share in shares(rates: rates).map(place) + [1] {
      sum += Double(left) * (share - before)
      (left, before) = ((left + 1) / 2, share)
    }
    return sum / Double(rates)
  }

  /// What becomes of each run by which rates are compared and that is not finished or diverged, by hash. A pure
  /// function of the records: every process comes to the same.
  public static func verdicts(_ search: [CellResult.Rate]) -> [String: Verdict] {
    var verdicts: [String: Verdict] = [:]
    func judge(_ rates: [CellResult.Rate], _ verdict: (CellResult.Point) -> Verdict) {
      for point in rates.flatMap(\.points)
      where ![.finished, .diverged].contains(point.record?.status) {
        verdicts[point.run.hash] = verdict(point)
      }
    }
    var alive = search
    for share in shares(rates: search.count) {
      func hasCome(_ point: CellResult.Point) -> Bool {
        point.record?.status == .diverged || point.score(at: share) != nil
      }
      guard alive.flatMap(\.points).allSatisfy(hasCome) else {
        judge(alive) { hasCome($0) ? .wait : .goOn }
        return verdicts
      }
      let ranked = alive.map { ($0, Standing($0, at: share)) }.sorted { $1.1 < $0.1 }
      let kept = ranked.prefix((alive.count + 1) / 2).map(\.0.learningRate)
      judge(alive.filter { !kept.contains($0.learningRate) }) { _ in .drop }
      alive.removeAll { !kept.contains($0.learningRate) }
    }
    judge(alive) { _ in .goOn }
    return verdicts
  }

  /// How a rate stands at a comparison: a rate at which fewer seeds diverged is better.
  private struct Standing: Comparable {
    var seeds: Int
    var accuracy: Double
    var loss: Double

    init(_ rate: CellResult.Rate, at share: Double) {
      let scores = rate.points.filter { $0.record?.status != .diverged }
        .compactMap { $0.score(at: share) }
      seeds = scores.count
      accuracy = Estimate(scores.map(\.accuracy))?.mean ?? 0
      loss = Estimate(scores.map(\.loss))?.mean ?? 0
    }

    static func < (a: Standing, b: Standing) -> Bool {
      if a.seeds != b.seeds { return a.seeds < b.seeds }
      return a.accuracy != b.accuracy ? a.accuracy < b.accuracy : a.loss > b.loss
    }
  }
}

extension CellResult.Point {
  /// The validation score after a share of the training, nil if training has not come to it. A run that was trained
  /// past it without this comparison (without successive halving, or of a grid of other rates) has it among its
  /// evaluations.
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

/// What successive halving left out, from the records.
public struct HalvingSavings: Hashable, Sendable {
  public let dropped: Int
  public let runs: Int
  /// Of the arithmetic of all runs.
  public let share: Double

  /// nil if nothing was dropped, nor was to be.
  init?(_ results: [CellResult], halving: Bool) throws {
    dropped = results.flatMap(\.points).count { $0.record?.status == .dropped }
    guard dropped > 0 || halving else { return nil }
    var (all, saved) = (0.0, 0.0)
    for result in results {
      let cost = try RunCost(result.cell.runs[0].configuration).multiplyAdds
      all += cost * Double(result.count)
      for point in result.points where point.record?.status == .dropped {
        saved += cost * (1 - (point.record?.progress ?? 0))
      }
    }
    runs = results.reduce(0) { $0 + $1.count }
    share = saved / all
  }
}
