import Experiments
import Foundation
import Records
import Reports
import Results
import Scheduling
import Testing

@Suite struct MatchTextTests {
  @Test func tablesShowRatiosAndSkips() throws {
    let experiment = try Experiment(
      yaml: """
        task: {kind: mqar, vocab_size: 64, sequence_length: 32, n_pairs: 8}
        model: {d_model: 64}
        match: {to: {mixer: attention}, by: exact, ratio: [1/8, 1/4, 1], tolerance: 0.01}
        rows:
          - label: attention
            model: {kind: attention, n_layers: 2}
          - label: "SSD N={d_state}"
            model: {kind: ssd, n_layers: 2}
          - label: Mamba
            model: {kind: mamba, n_layers: 2}
        """, file: "x.yaml")
    let table = try ResultTable(experiment, published: nil) { _ in nil }
    #expect(table.lines.count == 7)
    let text = table.text(.text)
    #expect(text.contains("state (exact) / attention"))
    #expect(text.contains("1/4 → 0.2573") == false && text.contains("1/8 → 0.1265") == false)
    #expect(text.contains("skipped: SSD N=? ratio=1/4") == true, "\(text)")
    let plan = try RunPlan(
      experiment, store: RunStore(runs: URL(filePath: "/nowhere"), experiment: "x"), jobs: 1,
      threads: 1, halving: false)
    for skip in experiment.skipped {
      #expect(plan.text.contains("\nskipped: \(skip.label): \(skip.reason)\n"), "\(plan.text)")
    }
    #expect(text.contains("d_state 5, the nearest, gives 0.2573"))
  }
}
