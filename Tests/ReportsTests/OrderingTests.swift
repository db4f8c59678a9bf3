import Records
import Results
import Testing

/// Which number of a model orders the models by accuracy.
@Suite struct OrderingTests {
  /// Groups share B and C: N = 4 with two groups has the key dimensions of N = 8 with one, and half of its state.
  @Test func numbersOfTheModels() throws {
    let (_, table) = try sampleTable(
      yaml: """
        experiment: small
        task: {kind: mqar, sequence_length: 64, n_pairs: 4}
        model: {kind: ssd, d_model: 64, n_layers: 2}
        training: {lr: 1e-2}
        seed: [0, 1]
        rows:
          - {label: "N={d_state}, {ngroups}", model: {d_state: [2, 4, 8], ngroups: [1, 2]}}
          - {label: "attention", model: {kind: attention}}
        """
    ) { run in
      var record = RunRecord(run, machine: machine, threads: 1)
      let keys = run.configuration.model.keyDimensions(length: 64)!
      record.status = .finished
      record.evaluations = [evaluation(step: 400, accuracy: 0.5, loss: 0.3)]
      record.test = evaluation(step: 400, accuracy: 1 - 1 / Double(keys + 1), loss: 0.3)
      return record
    }
    let orderings = table.orderings
    #expect(orderings.map(\.measure) == [.state, .keyDimensions, .parameters])
    // Accuracy was made from them.
    #expect(abs(orderings[1].correlation.value - 1) < 1e-12 && orderings[0].correlation.value < 1)
    #expect(orderings.allSatisfy { $0.correlation.pairs == 7 && $0.task.isEmpty })
    let models = table.lines.map { $0.shared.model.keyDimensions(length: 64) }
    #expect(models == [2, 4, 4, 8, 8, 16, 64])
    let text = try #require(table.orderingTable).aligned.joined(separator: "\n")
    for words in ["key dimensions", "parameters", "rank correlation", "95 % interval", "7"] {
      #expect(text.contains(words), "\(text)")
    }
  }

  /// Fewer than five models have no order worth a number.
  @Test func fewModels() throws {
    let (_, table) = try sampleTable()
    #expect(table.lines.count < 5 && table.orderingTable == nil)
  }
}
