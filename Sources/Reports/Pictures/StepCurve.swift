import Charts
import Models
import Results

extension StepCurve {
  /// The runs of a line at the rate that validation chose; at every rate while none is chosen.
  init(_ line: ResultTable.Line) {
    let rate = line.result.settled?.learningRate
    self.init(
      name: line.label, style: line.shared.model.chartStyle,
      runs: line.result.runs.filter { rate == nil || $0.learningRate == rate }.map { run in
        Run(
          seed: run.seed,
          points: (run.record?.shownEvaluations ?? []).filter(\.accuracy.isFinite).map {
            Point(step: $0.step, accuracy: $0.accuracy)
          },
          isFinished: RunState(run) == .finished)
      },
      published: line.published)
  }
}
