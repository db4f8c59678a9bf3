import Experiments
import Records
import Results
import Support

extension Experiment {
  /// The expected time in words, such as "9 minutes" or "24 hours"; nil if the file does not say.
  package var expectedTime: String? {
    expectedMinutes.map { minutes in
      minutes < 120
        ? Reports.count(Int(minutes.rounded()), "minute")
        : Reports.count(Int((minutes / 60).rounded()), "hour")
    }
  }
}

extension MatchOutcome {
  /// The ratio: "1/8", or "1/8 → 0.1265" if the nearest model has another ratio than the requested one.
  package var text: String {
    let (wanted, got) = (requested.fractionText, obtained.fractionText)
    return wanted == got ? wanted : "\(wanted) → \(got)"
  }
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
