import ExperimentSamples
import Experiments
import Foundation
import ProgressReports
import Records
import Reports
import Results
import Scheduling
import Testing

@Suite struct MatchTextTests {
  @Test func tablesShowRatiosAndSkips() throws {
    let experiment = try Experiment(
      yaml: matchedFile.replacing("tolerance: 0.05", with: "tolerance: 0.01"), file: "x.yaml")
    let table = try ResultTable(experiment, published: nil) { _ in nil }
    #expect(table.lines.count == 7)
    let text = table.text(.text)
    #expect(text.contains("state (exact) / attention"))
    #expect(text.contains("1/4 → 0.2573") == false && text.contains("1/8 → 0.1265") == false)
    #expect(text.contains("skipped: SSD N=? ratio=1/4") == true, "\(text)")
    let plan = try RunPlan(
      experiment,
      results: experiment.results(in: RunStore(runs: URL(filePath: "/nowhere"), experiment: "x")),
      jobs: 1, threads: 1)
    for skip in experiment.skipped {
      #expect(plan.text().contains("\nskipped: \(skip.label): \(skip.reason)\n"), "\(plan.text())")
    }
    #expect(text.contains("d_state 5, the nearest, gives 0.2573"))
  }
}
