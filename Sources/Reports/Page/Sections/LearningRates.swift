import Charts
import Results
import Training

extension ReportPage {
  struct RateChart {
    let part: [ConfigurationResult]
    let picture: PagePictures.Picture
  }

  /// The learning-rate curves of every configuration, several in a chart.
  var rateCharts: [RateChart] {
    let parts = stride(from: 0, to: results.count, by: LearningRateCurve.mostOfAChart).map {
      Array(results[$0..<min(results.count, $0 + LearningRateCurve.mostOfAChart)])
    }
    return parts.enumerated().compactMap { index, part in
      let chart = Chart.learningRates(
        part.map(Self.curve), baselines: Self.baselines(part),
        title: "Learning rates, by validation accuracy",
        subtitle: "\(title)\(parts.count > 1 ? " (\(index + 1) of \(parts.count))" : "")",
        width: .column)
      return chart.map { RateChart(part: part, picture: .init(id: "rates\(index)", chart: $0)) }
    }
  }

  func learningRatePart(_ charts: [RateChart], _ drawn: [String: String]) throws -> LivePart {
    LivePart("rate-parts") {
      element("p") {
        "The rate with the highest mean validation accuracy at the end of training is chosen, and only its "
        "runs count in the table."
        table.savings == nil ? "" : " Successive halving ended the training of worse rates early."
      }
      if let rates = table.rateTable { titledTable("table-rates", rates) }
      if charts.isEmpty { element("p", ["class": "muted"], "No run has ended yet.") }
      element("div", ["class": "pictures"]) {
        for chart in charts {
          figure(
            chart.picture.id, drawn[chart.picture.id]!,
            summary: "Validation accuracy against learning rate: "
              + chart.part.map(\.configuration.label).joined(separator: "; "),
            Self.caption(chart.part))
        }
      }
    }
  }

  private static func caption(_ part: [ConfigurationResult]) -> String {
    let missing = part.flatMap { result in
      result.runs.filter { [.dropped, .running, .paused, .waiting].contains(RunState($0)) }
        .map { "\($0.run.label) (\(RunState($0).text))" }
    }
    return "Accuracy on the validation split at the end of training, by learning rate."
      + (missing.isEmpty
        ? "" : " Not drawn, because they have not ended: \(listed(missing)).")
  }

  /// The accuracy of each configuration's baseline without recall.
  static func baselines(_ results: [ConfigurationResult]) -> Baselines {
    Baselines(results.compactMap { $0.configuration.shared.baseline })
  }

  private static func curve(_ result: ConfigurationResult) -> LearningRateCurve {
    LearningRateCurve(
      name: result.configuration.label,
      style: result.configuration.shared.model.chartStyle,
      rates: result.rates.map { rate in
        LearningRateCurve.Rate(
          learningRate: rate.learningRate,
          accuracies: rate.finished.compactMap(\.validation?.accuracy),
          failures: rate.count(.diverged) + rate.count(.failed),
          isChosen: rate.learningRate == result.chosen?.learningRate)
      })
  }
}
