import Foundation
import Training

/// What successive halving can leave out of a cell: rates are compared at the first evaluation that is not before
/// the comparison, and at the end of training nothing is left to drop.
public struct HalvingForecast: Hashable, Sendable {
  /// Of the cell's arithmetic, what is left; without what its training may end early.
  public let share: Double
  /// Shares of the training at which rates are to be compared.
  public let comparisons: [Double]
  public let steps: Int
  /// Steps between evaluations.
  public let evaluateEvery: Int

  public init(_ cell: Cell) throws {
    let plan = try TrainingPlan(cell.runs[0].configuration)
    let (steps, every) = (plan.totalSteps, plan.evaluateEvery)
    let searchShare = Halving.share(rates: cell.rates.count) { share in
      let evaluations = (share * Double(steps) / Double(every)).rounded(.up)
      return min(1, evaluations * Double(every) / Double(steps))
    }
    share = 1 - (1 - searchShare) * Double(cell.searchCount) / Double(cell.count)
    comparisons = Halving.shares(rates: cell.rates.count)
    (self.steps, evaluateEvery) = (steps, every)
  }

  /// Whether there are rates to drop, and every evaluation comes too late for it.
  public var isTooLate: Bool { !comparisons.isEmpty && share == 1 }

  /// The `evaluate_every` that has an evaluation at each comparison.
  public var neededEvery: Int { Int(((comparisons.first ?? 1) * Double(steps)).rounded(.up)) }

  /// Why successive halving leaves cells of an experiment whole; nil if it can drop rates of each.
  public static func warning(of experiment: Experiment) throws -> String? {
    let late = try experiment.cells.map { ($0, try HalvingForecast($0)) }.filter { $0.1.isTooLate }
    guard let (cell, forecast) = late.first else { return nil }
    let places = forecast.comparisons.map { fixed(100 * $0, 0) }.joined(separator: ", ")
    return
      "--halving drops nothing in \(late.count) of \(experiment.cells.count) cells, where evaluations "
      + "come too late: \(cell.label) is to be compared after \(places) % of its \(forecast.steps) steps, "
      + "but is evaluated every \(forecast.evaluateEvery); evaluate_every: \(forecast.neededEvery) would do"
  }
}
