import Experiments
import Reports
import Results
import Testing

/// Panels of a chart of accuracy against state.
@Suite struct TaskPanelTests {
  private func panels(_ yaml: String) throws -> Set<String> {
    let (experiment, table) = try sampleTable(yaml: yaml)
    let study = try CapacityStudy(table.lines.map(\.result), of: experiment)
    let chart = try #require(
      try ExperimentChart(kind: "accuracy-against-state").chart(of: table, study, experiment))
    let tips = try #require(chart.tips["marks"])
    return Set(tips.map { String($0.prefix { $0 != "\n" }) })
  }

  /// Points of different tasks are not comparable: each task has a panel of its own.
  @Test func eachTaskHasAPanel() throws {
    func file(_ second: String) -> String {
      """
      experiment: panels
      model: {kind: ssd, d_model: 64, n_layers: 2, d_state: [4, 8]}
      training: {lr: 1e-2}
      rows:
        - {label: "one N={d_state}", task: {kind: mqar, sequence_length: 64, n_pairs: 4}}
        - {label: "without a score N={d_state}", task: {kind: copying}}
        - {label: "two N={d_state}", task: \(second)}
      """
    }
    let same = try panels(file("{kind: mqar, sequence_length: 64, n_pairs: 4, power_a: 1}"))
    let kinds = try panels(file("{kind: associative_recall, sequence_length: 64, vocab_size: 30}"))
    let pairs = try panels(file("{kind: mqar, sequence_length: 64, n_pairs: 8}"))
    let lengths = try panels(file("{kind: mqar, sequence_length: 128, n_pairs: 8}"))
    #expect(!same.contains { $0.contains("tokens") || $0.contains("mqar") }, "\(same)")
    for words in ["mqar", "associative_recall"] {
      #expect(kinds.contains { $0.contains(words) }, "\(kinds)")
    }
    for words in ["n_pairs 4", "n_pairs 8"] {
      #expect(pairs.contains { $0.contains(words) }, "\(pairs)")
    }
    for words in ["64 tokens", "128 tokens"] {
      #expect(lengths.contains { $0.contains(words) }, "\(lengths)")
    }
  }
}
