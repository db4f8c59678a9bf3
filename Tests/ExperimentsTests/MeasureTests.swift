import Experiments
import Support
import Testing

/// `measure:` of an experiment.
@Suite struct MeasureTests {
  private static let file = """
    experiment: measured
    task: {kind: mqar, sequence_length: 16, n_pairs: 2, vocab_size: 32}
    training: {stages: [{steps: 1}]}
    rows:
      - {label: one, model: {kind: ssd, d_model: 32, n_layers: 1}}
    """

  @Test(arguments: ["measure: rank", "measure: [rank]", "measure: [rank, rank]"])
  func isReadAndChangesNoHash(line: String) throws {
    let plain = try Experiment(yaml: Self.file, file: "x.yaml")
    let measured = try Experiment(yaml: Self.file + "\n" + line, file: "x.yaml")
    #expect(plain.measures.isEmpty && measured.measures == [.rank])
    #expect(plain.runs.map(\.hash) == measured.runs.map(\.hash))
    let all = try Experiment(
      yaml: Self.file + "\nmeasure: [bf16_state, rank, pairs]", file: "x.yaml")
    #expect(all.measures == [.bfloat16State, .rank, .pairs])
    #expect(try Experiment(yaml: Self.file + "\nmeasure: []", file: "x.yaml").measures.isEmpty)
  }

  @Test func unknownOnesAreRefused() {
    let error = #expect(throws: (any Error).self) {
      try Experiment(yaml: Self.file + "\nmeasure: [rank, width]", file: "x.yaml")
    }
    let text = error.map { "\($0)" } ?? ""
    #expect(text.hasPrefix("x.yaml:6:17: measure: \"width\"") && text.contains("rank"), "\(text)")
  }
}
