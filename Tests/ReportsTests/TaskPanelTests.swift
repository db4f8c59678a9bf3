import Capacity
import Charts
import Experiments
import Foundation
import Reports
import Results
import Testing

/// Panels and series of a chart of accuracy against state.
@Suite struct TaskPanelTests {
  /// The first lines of the marks' tips: series, panel and label.
  private func panels(
    _ yaml: String, of kind: String = "accuracy-against-state"
  ) throws -> Set<String> {
    Set(try #require(try chart(yaml, kind).tips["marks"]).map { String($0.prefix { $0 != "\n" }) })
  }

  private func chart(_ yaml: String, _ kind: String) throws -> Chart {
    let (experiment, table) = try sampleTable(yaml: yaml) { run in
      var record = sampleRecord(of: run)
      record?.rank = Self.rank
      return record
    }
    let study = try CapacityStudy(table.lines.map(\.result), of: experiment)
    return try #require(try ExperimentChart(kind: kind).chart(of: table, study, experiment))
  }

  private static let rank = try! JSONDecoder().decode(
    RankMeasurement.self,
    from: Data(
      """
      {"examples": 1, "length": 64,
       "layers": [
         {"layer": 0, "kind": "ssd", "matrices": 2, "width": 8, "effective": 64, "structural": 64}]}
      """.utf8))

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

  private func file(_ rows: [String]) -> String {
    """
    experiment: series
    task: {kind: mqar, sequence_length: 64, n_pairs: 4}
    model: {d_model: 64, n_layers: 2}
    training: {lr: 1e-2}
    rows:
    \(([rows[0], "{label: without a score, model: {kind: attention}}"] + rows.dropFirst())
      .map { "  - \($0)" }.joined(separator: "\n"))
    """
  }

  /// Counted exactly, SSD with two groups has a little more state than with one. Standard deviations are named only where
  /// nothing else differs.
  @Test func nearlyEqualStatesMakeSeries() throws {
    let exact = try panels(
      file([
        "{label: 'SSD N={d_state}', model: {kind: ssd, d_state: [16, 32]}}",
        "{label: 'SSD N={d_state} G=2', model: {kind: ssd, d_state: [16, 32], ngroups: 2}}",
      ]) + "\ntable: {convention: exact}")
    #expect(
      exact == [
        "SSD, ngroups=1, N=16", "SSD, ngroups=1, N=32", "SSD, ngroups=2, N=16 G=2",
        "SSD, ngroups=2, N=32 G=2",
      ])
    let positions = try panels(
      file([
        "{label: GLA, model: {kind: gla}}",
        "{label: GLA too, model: {kind: gla, position_embedding: sinusoidal, position_std: 0.12}}",
        "{label: Mamba, model: {kind: mamba}}",
        "{label: Mamba too, model: {kind: mamba, embedding_init_std: 0.06}}",
      ]))
    #expect(
      positions == [
        "GLA, position_embedding=none", "GLA, position_embedding=sinusoidal, too",
        "Mamba, embedding_init_std=0.02", "Mamba, embedding_init_std=0.06, too",
      ])
  }

  /// A line that joined SSD with one group and SSD with two would show neither's accuracy against state.
  @Test(
    arguments: [
      "accuracy-against-state", "accuracy-against-bits", "accuracy-against-rank", "cost-frontier",
    ])
  func modelsThatDifferInMoreThanTheStateAreSeriesOfTheirOwn(kind: String) throws {
    let groups = file([
      "{label: 'SSD N={d_state}', model: {kind: ssd, d_state: [4, 8]}}",
      "{label: 'SSD N={d_state}, two groups', model: {kind: ssd, d_state: [4, 8], ngroups: 2}}",
      "{label: 'Mamba N={d_state}', model: {kind: mamba, d_state: [4, 8]}}",
    ])
    let names = try panels(groups, of: kind)
    #expect(
      names == [
        "SSD, ngroups=1, N=4", "SSD, ngroups=1, N=8", "SSD, ngroups=2, N=4, two groups",
        "SSD, ngroups=2, N=8, two groups", "Mamba, N=4", "Mamba, N=8",
      ])
    let marks = try #require(try chart(groups, kind).blocks.first { $0.name == "marks" })
    #expect(Set(marks.rows.compactMap(\.last)).count == 3, "each series has a colour")
  }

  /// A matrix that carries no state has no series by settings: its rank is what is drawn.
  @Test func matricesOfOneKindAreOneSeriesAgainstRank() throws {
    let names = try panels(
      file([
        "{label: 'm={qk_dim}', model: {kind: low_rank, qk_dim: [4, 8]}}",
        "{label: 'm={qk_dim}, fixed', model: {kind: low_rank, qk_dim: [4, 8], data_dependent: false}}",
      ]), of: "accuracy-against-rank")
    #expect(
      names == [
        "low rank, m=4", "low rank, m=8", "low rank, m=4, fixed", "low rank, m=8, fixed",
      ])
  }

  /// A curve that joined both at a length would go up and down at once.
  @Test func seriesHaveCurvesOfTheirOwnAgainstLength() throws {
    let names = try panels(
      """
      experiment: lengths
      task: {kind: mqar, n_pairs: 4, sequence_length: [64, 128]}
      model: {kind: ssd, d_model: 64, n_layers: 2, d_state: 8}
      training: {lr: 1e-2}
      rows:
        - {label: "one group, L={sequence_length}"}
        - {label: "without a score, L={sequence_length}", model: {headdim: 32, ngroups: 4}}
        - {label: "two groups, L={sequence_length}", model: {ngroups: 2}}
      """, of: "accuracy-against-length")
    #expect(
      names.contains { $0.contains("ngroups=1") } && names.contains { $0.contains("ngroups=2") })
    #expect(!names.contains { $0.contains("ngroups=4") }, "\(names)")
  }

  /// Depth, width and state do not make a series.
  @Test func depthAndWidthAreNamedBesideMarks() throws {
    let names = try panels(
      file([
        "{label: 'SSD L={n_layers} N={d_state}', model: {kind: ssd, n_layers: [2, 4], d_state: [4, 8]}}",
        "{label: SSD wide, model: {kind: ssd, d_model: 128, d_state: 8}}",
      ]))
    #expect(names == ["SSD, L=2 N=4", "SSD, L=2 N=8", "SSD, L=4 N=4", "SSD, L=4 N=8", "SSD, wide"])
  }

  @Test func hybridsOfOtherOrderAreSeriesOfTheirOwn() throws {
    func hybrid(_ label: String, _ mixers: String) -> String {
      "{label: \(label), model: {kind: hybrid, n_layers: 3, mixers: [\(mixers)]}}"
    }
    let (ssd, attention) = ("{kind: ssd}", "{kind: attention}")
    let names = try panels(
      file([
        hybrid("two", "\(ssd), \(attention)"),
        hybrid("three", "\(ssd), \(ssd), \(attention)"),
        hybrid("other state", "{kind: ssd, d_state: 4}, \(attention)"),
      ]))
    #expect(
      names == [
        "SSD + attention, two", "SSD + attention, other state", "SSD + SSD + attention, three",
      ])
  }
}
