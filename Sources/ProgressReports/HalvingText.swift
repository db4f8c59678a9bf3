import Experiments
import Scheduling
import Support

extension HalvingForecast {
  /// Why successive halving cannot drop learning rates of some configurations; nil if it can in all.
  package static func warning(of experiment: Experiment) throws -> String? {
    let all = experiment.configurations
    let late = try all.map { ($0, try HalvingForecast($0)) }.filter { $0.1.isTooLate }
    guard let (first, forecast) = late.first else { return nil }
    let shares = forecast.comparisons.map { fixed(100 * $0, 0) }.joined(separator: ", ")
    return
      "--halving drops nothing in \(late.count) of \(all.count) configurations, because evaluations come too late: "
      + "\(first.label) must be compared after \(shares) % of its \(forecast.steps) steps, but is evaluated "
      + "every \(forecast.evaluateEvery) steps; evaluate_every: \(forecast.neededEvery) would do"
  }

  /// The share of arithmetic that halving saves in the configurations of an experiment.
  package static func text(of experiment: Experiment) throws -> String {
    let shares = try experiment.configurations.map { try HalvingForecast($0).share }
    let (least, most) = (shares.min() ?? 1, shares.max() ?? 1)
    func percent(_ share: Double) -> String { "\(Int((100 * (1 - share)).rounded()))" }
    return "successive halving saves "
      + (least == most ? percent(most) : "\(percent(most)) to \(percent(least))")
      + " % of this in each configuration whose training has not begun"
  }
}
