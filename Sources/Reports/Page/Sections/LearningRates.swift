import Charts
import Experiments
import Training

extension ReportPage {
  /// The whole learning-rate curve of every model.
  var learningRateSection: HTML {
    get throws {
      let parts = stride(from: 0, to: results.count, by: LearningRateCurve.mostOfAChart).map {
        Array(results[$0..<min(results.count, $0 + LearningRateCurve.mostOfAChart)])
      }
      let charts = try parts.enumerated().compactMap {
        index, part -> (part: [CellResult], svg: String)? in
        let chart = try Chart.learningRates(
          part.map(Self.curve), baselines: Self.guesses(part),
          title: "Learning rates, by validation accuracy",
          subtitle: "\(title)\(parts.count > 1 ? " (\(index + 1) of \(parts.count))" : "")"
        )?.inlineSVG(id: "rates\(index)", scripts: scripts)
        return chart.map { (part: part, svg: $0) }
      }
      return section("learning-rates", "Learning rates") {
        element("p") {
          "Each learning rate is trained at every seed. The one with the highest mean validation "
          "accuracy at the end of training is chosen, and only its runs are scored on the test split."
          table.savings == nil
            ? "" : " Successive halving ended the training of rates that did worse on the way."
        }
        if let detail = table.rateDetail { detailTable(detail) }
        if charts.isEmpty { element("p", ["class": "muted"], "No run has come to its end.") }
        for chart in charts {
          figure(
            chart.svg,
            summary: "Validation accuracy against learning rate: "
              + chart.part.map(\.cell.label).joined(separator: "; "), Self.caption(chart.part))
        }
      }
    }
  }

  private static func caption(_ part: [CellResult]) -> String {
    let missing = part.flatMap { result in
      result.points.filter { [.dropped, .running, .paused, .waiting].contains(RunState($0)) }
        .map { "\($0.run.label) (\(RunState($0).words))" }
    }
    return "Accuracy on the validation split at the end of training, by learning rate."
      + (missing.isEmpty
        ? "" : " Not at its end, so not drawn: \(listed(missing)).")
  }

  /// What a model reaches that recalls nothing.
  static func guesses(_ results: [CellResult]) -> [Double] {
    results.compactMap { $0.cell.runs[0].configuration.guess?.accuracy }
  }

  private static func curve(_ result: CellResult) -> LearningRateCurve {
    LearningRateCurve(
      name: result.cell.label,
      rates: result.rates.map { rate in
        LearningRateCurve.Rate(
          learningRate: rate.learningRate,
          accuracies: rate.finished.compactMap(\.validation?.accuracy),
          failures: rate.count(.diverged) + rate.count(.failed),
          isChosen: rate.learningRate == result.chosen?.learningRate)
      })
  }
}
