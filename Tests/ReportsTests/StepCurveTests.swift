import Charts
import Reports
import Results
import Testing

/// The chart of accuracy over training steps, made from an experiment's records.
@Suite struct StepCurveTests {
  private func tips(_ yaml: String = sampleFile) throws -> [String] {
    let (experiment, table) = try sampleTable(yaml: yaml)
    let study = try CapacityStudy(table.lines.map(\.result), of: experiment)
    let chart = try #require(
      try ExperimentChart(kind: "accuracy-against-steps").chart(of: table, study, experiment))
    return try #require(chart.tips["marks"])
  }

  /// Attention's rate 0.01 is chosen: its two seeds have four evaluations each, those of other rates none. SSD's rate is
  /// not chosen before its runs end, so that every run is shown.
  @Test func runsAtTheChosenRateOrAllBeforeTheChoice() throws {
    let tips = try tips()
    let attention = tips.filter { $0.hasPrefix("attention") }
    #expect(attention.count == 8)
    #expect(attention.first == "attention, seed 0\nstep 100: accuracy 0.225")
    #expect(attention.last == "attention, seed 1\nstep 400: accuracy 0.910")
    // Rates 0.001, 0.01 and 0.1 have 4, 4 and 2 evaluations at seed 0; 0.01 has 3 at seed 1.
    #expect(tips.count - attention.count == 13)
  }
}
