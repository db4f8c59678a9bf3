import Charts
import Results
import Training

extension ReportPage {
  /// Loss and accuracy over the steps of every run, one chart for each model; nil for a model without an evaluation.
  var trainingCharts: [PagePictures.Picture?] {
    results.enumerated().map { index, result in
      Chart.training(
        result.runs.map { Self.curve($0, of: result) }, stageEnds: Self.stageEnds(result),
        style: result.configuration.shared.model.chartStyle, baselines: Self.baselines([result]),
        title: result.configuration.label,
        subtitle: "\(title), \(count(result.runs.count, "run"))", width: .column
      ).map { .init(id: "training\(index)", chart: $0) }
    }
  }

  func trainingParts(_ charts: [PagePictures.Picture?], _ drawn: [String: String]) -> [LivePart] {
    zip(results, charts).enumerated().map { index, pair in
      let (result, chart) = pair
      return LivePart("training-of\(index)") {
        if let chart {
          figure(
            chart.id, drawn[chart.id]!,
            summary:
              "Loss and validation accuracy over training steps: \(result.configuration.label)",
            Self.caption(result))
        } else {
          element(
            "p", ["class": "muted"],
            "\(result.configuration.label): none of its runs has an evaluation yet.")
        }
      }
    }
  }

  /// Where the planned stages end. Empty where stages may end early: then each run has borders of its own.
  private static func stageEnds(_ result: ConfigurationResult) -> [Int] {
    let shared = result.configuration.shared
    let training = shared.training
    guard !training.stages.contains(where: \.canEndEarly), training.epochs == 1,
      training.stageOrder == .sequential, let plan = try? TrainingPlan(shared)
    else { return [] }
    return plan.stages.dropLast().reduce(into: []) { $0.append(($0.last ?? 0) + $1.steps) }
  }

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
      learningRate: one.learningRate, seed: one.seed,
      points: (one.record?.shownEvaluations ?? []).map {
        TrainingCurve.Point(
          step: $0.step, trainingLoss: $0.trainingLoss, validationLoss: $0.loss,
          accuracy: $0.accuracy)
      },
      ending: ending, isChosen: one.learningRate == result.chosen?.learningRate)
  }
}
