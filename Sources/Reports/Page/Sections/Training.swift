import Charts
import Experiments
import Training

extension ReportPage {
  /// Loss and accuracy over the steps of every run, one chart for each model.
  var trainingSection: HTML {
    get throws {
      let charts = try results.enumerated().map { index, result in
        try Chart.training(
          result.points.map { Self.curve($0, of: result) }, baselines: Self.guesses([result]),
          title: result.cell.label,
          subtitle: "\(title), \(count(result.points.count, "run"))"
        )?.inlineSVG(id: "training\(index)", scripts: scripts)
      }
      return section("training", "Training") {
        for (index, (result, chart)) in zip(results, charts).enumerated() {
          element("details", ["open": index < Self.openCharts ? "open" : nil]) {
            element("summary", [:], result.cell.label)
            if let chart {
              figure(
                chart,
                summary: "Loss and validation accuracy over training steps: \(result.cell.label)",
                Self.caption(result))
            } else {
              element("p", ["class": "muted"], "No run of it has been evaluated yet.")
            }
          }
        }
      }
    }
  }

  /// Of a long list the rest is opened by who wants to see it.
  private static let openCharts = 8

  private static func caption(_ result: CellResult) -> String {
    let missing = result.points.filter { $0.record?.evaluations.isEmpty ?? true }
    let names = missing.map { point in
      "lr \(point.run.configuration.training.learningRate), seed \(point.seed) "
        + "(\(RunState(point).words))"
    }
    return "Losses per answered position; accuracy on the validation split."
      + (names.isEmpty
        ? "" : " Without an evaluation, so not drawn: \(listed(names)).")
  }

  private static func curve(_ point: CellResult.Point, of result: CellResult) -> TrainingCurve {
    let ending: TrainingCurve.Ending =
      switch RunState(point) {
      case .finished: .finished
      case .diverged, .failed: .failed
      case .dropped, .running, .paused, .waiting: .unfinished
      }
    let rate = point.run.configuration.training.learningRate
    return TrainingCurve(
      learningRate: rate,
      points: (point.record?.evaluations ?? []).map {
        TrainingCurve.Point(
          step: $0.step, trainingLoss: $0.trainingLoss, validationLoss: $0.loss,
          accuracy: $0.accuracy)
      },
      ending: ending, isChosen: rate == result.chosen?.learningRate)
  }
}
