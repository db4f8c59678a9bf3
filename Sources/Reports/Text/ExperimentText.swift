import Experiments
import Records
import Results
import Scheduling
import Support

extension Experiment {
  /// The expected time in words, such as "9 minutes" or "24 hours"; nil if the file does not say.
  package var expectedTime: String? {
    expectedMinutes.map { minutes in
      minutes < 120
        ? "\(Int(minutes.rounded())) minutes" : "\(Int((minutes / 60).rounded())) hours"
    }
  }
}

extension MatchOutcome {
  /// The ratio: "1/8", or "1/8 → 0.1265" if the nearest model has another ratio than the requested one.
  var text: String {
    let (wanted, got) = (requested.fractionText, obtained.fractionText)
    return wanted == got ? wanted : "\(wanted) → \(got)"
  }
}

extension SkippedRun {
  var text: String { "skipped: \(label): \(reason)" }
}

extension ConfigurationResult {
  /// Why it has no score; nil if it has one.
  package var missingText: String? {
    if let chosen {
      return unscored.isEmpty
        ? nil
        : "\(unscored.count) of the \(chosen.finished.count) runs at lr \(chosen.learningRate) have no test score "
          + "yet; recall run scores them"
    }
    var parts: [String] = []
    for status in [RunRecord.Status.finished, .diverged, .dropped, .failed, .paused, .running] {
      let records = runs.compactMap(\.record).filter { $0.status == status }
      let reasons = Set(records.compactMap(\.failure?.reason)).sorted().joined(separator: "; ")
      if !records.isEmpty {
        let outcome = status == .running ? "begun" : status.rawValue
        parts.append("\(records.count) \(outcome)" + (reasons.isEmpty ? "" : " (\(reasons))"))
      }
    }
    let pending = runs.count { $0.record == nil } + deferred.count
    if pending > 0 { parts.append("\(pending) without a record") }
    return "of \(count) runs \(parts.joined(separator: ", "))"
  }
}

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
