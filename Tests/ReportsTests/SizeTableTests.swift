import Reports
import Testing

/// The table of test accuracy by the size of the task.
@Suite struct SizeTableTests {
  private func file(_ second: String) -> String {
    """
    experiment: sizes
    model: {kind: ssd, d_model: 64, n_layers: 2}
    training: {lr: 1e-2}
    rows:
      - {label: one, task: {kind: mqar, sequence_length: 64, n_pairs: 16}}
      - {label: without a score, task: {kind: induction_heads}}
      - {label: two, task: \(second)}
    """
  }

  /// Sizes of different tasks have no common name.
  @Test func itsTitleNamesTheSizeThatTheTasksShare() throws {
    let same = try sampleTable(
      yaml: file("{kind: mqar, sequence_length: 64, n_pairs: 16, power_a: 1}")
    ).1
    let other = try sampleTable(yaml: file("{kind: copying}")).1
    #expect(same.sizeTable?.title == "test accuracy by n_pairs, mean over seeds")
    #expect(other.sizeTable?.title == "test accuracy by size of the task, mean over seeds")
  }

  /// Where each model is tested at one size, the main table says it all.
  @Test func oneSizeOfEachModelMakesNoTable() throws {
    let yaml = file("{kind: mqar, sequence_length: 64, n_pairs: 8}")
    let table = try sampleTable(yaml: yaml) { run in
      var record = sampleRecord(of: run)
      let size = run.row == 2 ? "8" : "16"
      record?.test?.accuracyByDifficulty = [size: 0.9]
      return record
    }.1
    #expect(table.lines.count { $0.score != nil } == 2)
    #expect(table.sizeTable == nil)
  }
}
