import Charts
import Experiments
import Reports
import Results
import Support
import Testing

/// Points that others published stand in a panel of their own.
@Suite struct PublishedPointsTests {
  @Test func theyAreDrawnBesideThoseMeasuredHere() throws {
    let yaml = sampleFile.replacing("table: {", with: "table: {published_points: recall_memory, ")
    let (experiment, table) = try sampleTable(yaml: yaml)
    let study = try CapacityStudy(table.lines.map(\.result), of: experiment)
    let chart = try #require(
      try ExperimentChart(kind: "accuracy-against-bits").chart(of: table, study, experiment))
    let published = try #require(chart.tips["published"])
    #expect(published.count == 42)
    // 17 000 bytes are 132.8 Kibit.
    #expect(published.contains { $0.contains("Gated DeltaNet") && $0.hasSuffix("Kibit 132.8") })
    #expect(chart.tips["marks"]?.allSatisfy { $0.contains("measured here") } == true)
    let texts = chart.variables.values.map { "\($0)" }
    for words in ["published, at another size", "Published: Recall-memory figure of Based"] {
      #expect(texts.contains { $0.contains(words) }, "\(words)")
    }
  }

  /// Where the mixer has several series, published points have the first one's name and colour.
  @Test func theyJoinTheFirstSeriesOfTheirMixer() throws {
    let (experiment, table) = try sampleTable(
      yaml: """
        experiment: groups
        task: {kind: mqar, sequence_length: 64, n_pairs: 4}
        model: {kind: ssd, d_model: 64, n_layers: 2, d_state: [4, 8]}
        training: {lr: 1e-2}
        rows:
          - {label: "two groups N={d_state}", model: {ngroups: 2}}
          - {label: "without a score N={d_state}", model: {headdim: 32, ngroups: 4}}
          - {label: "one group N={d_state}"}
        table: {published_points: recall_memory}
        """)
    let study = try CapacityStudy(table.lines.map(\.result), of: experiment)
    let chart = try #require(
      try ExperimentChart(kind: "accuracy-against-bits").chart(of: table, study, experiment))
    let names = try #require(chart.tips["published"]).filter { $0.contains("SSD") }
    #expect(names.count == 7 && names.allSatisfy { $0.hasPrefix("SSD, ngroups=2, ") }, "\(names)")
  }

  @Test(arguments: [
    ("rnn,1,0.5", "kind rnn", "a kind of mixer"), ("ssd,0,0.5", "state_bytes 0", "above 0"),
    ("ssd,inf,0.5", "state_bytes inf", "above 0"), ("ssd,1,1.5", "accuracy 1.5", "0 to 1"),
    ("ssd,1,", "accuracy ", "0 to 1"),
  ])
  func everyLineIsChecked(_ line: String, _ value: String, _ allowed: String) throws {
    let table = try PublishedTable("note", csv: "kind,state_bytes,accuracy\nmamba,9,1/2\n\(line)\n")
    let error = #expect(throws: SettingsError.self) { try PublishedPoints(table) }
    #expect(error?.value == value && error?.allowed.contains(allowed) == true, "\(error!)")
    let other = try PublishedTable("note", csv: "mixer,accuracy\nssd,0.5\n")
    #expect(throws: SettingsError.self) { try PublishedPoints(other) }
  }

  @Test func aMissingTableIsNamedWhereItStands() throws {
    let yaml = sampleFile.replacing("table: {", with: "table: {published_points: nope, ")
    let experiment = try Experiment(yaml: yaml, file: "x.yaml")
    let error = #expect(throws: ConfigurationError.self) { try experiment.publishedPoints() }
    #expect(error?.description.contains("published_points: nope") == true, "\(error!)")
  }
}
