import Experiments
import Results
import Training

/// How much of a configuration's arithmetic successive halving can save.
///
/// Rates are compared at the first evaluation at or after a comparison's share of the training. A comparison at the end
/// of training saves nothing.
package struct HalvingForecast: Hashable, Sendable {
  /// The share of the configuration's arithmetic that is left. Stages that end early are not considered.
  package let share: Double
  /// Shares of the training at which rates are to be compared.
  package let comparisons: [Double]
  package let steps: Int
  /// Steps between evaluations.
  package let evaluateEvery: Int

  package init(_ configuration: Experiment.Configuration) throws {
    let plan = try TrainingPlan(configuration.shared)
    let (steps, every) = (plan.totalSteps, plan.evaluateEvery)
    let searchShare = Halving.share(rates: configuration.rates.count) { share in
      let evaluations = (share * Double(steps) / Double(every)).rounded(.up)
      return min(1, evaluations * Double(every) / Double(steps))
    }
    share = 1 - (1 - searchShare) * Double(configuration.searchCount) / Double(configuration.count)
    comparisons = Halving.shares(rates: configuration.rates.count)
    (self.steps, evaluateEvery) = (steps, every)
  }

  /// Whether there are rates to compare, but every evaluation comes too late to save anything.
  package var isTooLate: Bool { !comparisons.isEmpty && share == 1 }

  /// The `evaluate_every` with which there is an evaluation at each comparison.
  package var neededEvery: Int { Int(((comparisons.first ?? 1) * Double(steps)).rounded(.up)) }
}
