import ExperimentSamples
import Experiments
import ProgressReports
import Reports
import Results
import Scheduling
import Testing

@Suite struct HalvingForecastTests {
  @Test func forecastKnowsWhereEvaluationsAre() throws {
    func forecast(every: Int) throws -> (HalvingForecast, String?) {
      let yaml = smallFile.replacing("lr: [3e-3, 1e-2]", with: "lr: [1, 2, 3, 4]")
        .replacing(
          "stages: [{sequence_length: 32, n_pairs: 8, steps: 100}, {examples: 2000}]",
          with: "stages: [{steps: 100}]\n  evaluate_every: \(every)")
      let experiment = try Experiment(yaml: yaml, file: "x.yaml")
      return (
        try HalvingForecast(experiment.configurations[0]),
        try HalvingForecast.warning(of: experiment)
      )
    }
    // By default once, at the end.
    for every in [0, 100] {
      let (late, warning) = try forecast(every: every)
      #expect(late.share == 1 && late.isTooLate && late.neededEvery == 25)
      #expect(
        warning
          == "--halving drops nothing in 3 of 3 configurations, because evaluations come too late: "
          + "attention must be compared after 25, 50 % of its 100 steps, but is evaluated every 100 steps; "
          + "evaluate_every: 25 would do")
    }
    for every in [1, 5, 25] {
      let (inTime, warning) = try forecast(every: every)
      #expect(inTime.share == Halving.share(rates: 4) && warning == nil)
    }
    // Both comparisons after 60 %: four rates until then, one from there.
    #expect(try abs(forecast(every: 60).0.share - (4 * 0.6 + 0.4) / 4) < 1e-12)
  }
}
