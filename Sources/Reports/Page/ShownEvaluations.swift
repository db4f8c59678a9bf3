import Records
import Training

extension RunRecord {
  /// More than a curve or a table of a page can use.
  private static let mostShown = 500

  /// The evaluations that a page shows: all, or of thousands at most 500, evenly spaced, with the first and the last.
  package var shownEvaluations: [Evaluation] {
    let (count, most) = (evaluations.count, Self.mostShown)
    guard count > most else { return evaluations }
    return (0..<most).map { evaluations[$0 * (count - 1) / (most - 1)] }
  }

  /// What is said where some are left out; empty where all are shown.
  package var shownEvaluationsNote: String {
    evaluations.count > Self.mostShown
      ? "\(Self.mostShown) of \(evaluations.count) evaluations; the record has all of them" : ""
  }
}
