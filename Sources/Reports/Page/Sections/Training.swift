import Charts
import Results
import Training

extension ReportPage {
  /// Loss and accuracy over the steps of every run, one chart for each model.
  var trainingSection: HTML {
    get throws {
      let charts = try results.enumerated().map { index, result in
        try Chart.training(
          result.runs.map { Self.curve($0, of: result) },
          style: result.configuration.shared.model.chartStyle, baselines: Self.baselines([result]),
          title: result.configuration.label,
          subtitle: "\(title), \(count(result.runs.count, "run"))"
        )?.inlineSVG(id: "training\(index)", scripts: scripts)
      }
      return section("training", "Training") {
        for (index, (result, chart)) in zip(results, charts).enumerated() {
          element("details", ["open": index < Self.openCharts ? "open" : nil]) {
            element("summary", [:], result.configuration.label)
            if let chart {
              figure(
                chart,
                summary:
                  "Loss and validation accuracy over training steps: \(result.configuration.label)",
                Self.caption(result))
            } else {
              element("p", ["class": "muted"], "None of its runs has an evaluation yet.")
            }
          }
        }
      }
    }
  }

  /// In a long list the reader opens the other charts.
  private static let openCharts = 8

  private static func caption(_ result: ConfigurationResult) -> String {
    let missing = result.runs.filter { $0.record?.evaluations.isEmpty ?? true }
    let names = missing.map { "lr \($0.learningRate), seed \($0.seed) (\(RunState($0).text))" }
    return "Losses per answered position; accuracy on the validation split."
      + (names.isEmpty
        ? "" : " Not drawn, because they have no evaluation: \(listed(names)).")
  }

  private static func curve(_ one: RunResult, of result: ConfigurationResult) -> TrainingCurve {
    let ending: TrainingCurve.Ending =
      switch RunState(one) {
      case .finished: .finished
      case .diverged, .failed: .failed
      case .dropped, .running, .paused, .waiting: .unfinished
      }
    return TrainingCurve(
      learningRate: one.learningRate,
      points: (one.record?.evaluations ?? []).map {
        TrainingCurve.Point(
          step: $0.step, trainingLoss: $0.trainingLoss, validationLoss: $0.loss,
          accuracy: $0.accuracy)
      },
      ending: ending, isChosen: one.learningRate == result.chosen?.learningRate)
  }
}
