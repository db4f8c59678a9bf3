import Foundation
import Support
import Testing

/// What `measure:` of an experiment's file adds to records, tables and charts.
@Suite struct MeasureCommandTests {
  /// `measure: [pairs]` gives the accuracies that `evaluation_tasks` would have given, without training again.
  @Test func fewerPairsAreScoredAsEvaluationTasksAre() throws {
    func record(_ sandbox: RecallProcess) throws -> [String: SettingValue] {
      let folder = sandbox.folder.appending(path: "runs/tiny")
      let file = try #require(
        FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).first {
          $0.pathExtension == "json"
        })
      return try decoded(Data(contentsOf: file))
    }
    func sandbox(_ tests: String) throws -> RecallProcess {
      try RecallProcess(
        experiment: """
          task: {kind: mqar, sequence_length: 32, n_pairs: 8, vocab_size: 34}
          training: {lr: 1e-2, batch_size: 32, stages: [{steps: 20}], validation_examples: 8, test_examples: 200\(tests)}
          rows:
            - {label: SSD, model: {kind: ssd, d_model: 32, n_layers: 1}}
          """)
    }
    let asked = try sandbox(
      ", evaluation_tasks: [{n_pairs: 1}, {n_pairs: 2}, {n_pairs: 4}, {n_pairs: 6}]")
    defer { asked.remove() }
    let measured = try sandbox("")
    defer { measured.remove() }
    let first = try asked.run(["run", "tasks/tiny.yaml"])
    #expect(first.status == 0, "\(first.errors)")
    #expect(try measured.run(["run", "tasks/tiny.yaml"]).status == 0)
    #expect(try record(measured)["accuracy_at_fewer_pairs"] == nil)
    let file = measured.folder.appending(path: "tasks/tiny.yaml")
    let text = try String(contentsOf: file, encoding: .utf8)
    try (text + "\nmeasure: pairs\n").write(to: file, atomically: true, encoding: .utf8)
    #expect(try measured.run(["run", "tasks/tiny.yaml"]).status == 0)
    guard case .object(let test)? = try record(asked)["test"],
      case .object(let expected)? = test["accuracy_by_pairs"]
    else {
      Issue.record("no scores")
      return
    }
    #expect(Set(expected.keys) == ["1", "2", "4", "6"] && Set(expected.values).count > 1)
    #expect(try record(measured)["accuracy_at_fewer_pairs"] == .object(expected))
  }

  /// `measure: [rank]` goes into the record, the table and a chart, also of runs that were trained before; the matrix of
  /// a run is found by its hash.
  @Test func runsAreMeasuredAndFoundByTheirHash() throws {
    let sandbox = try RecallProcess(
      experiment: """
        task: {kind: anywhere_mqar, sequence_length: 16, n_pairs: 2, vocab_size: 32}
        training: {lr: 3e-3, batch_size: 16, stages: [{steps: 2}], validation_examples: 8, test_examples: 8}
        rows:
          - {label: attention, model: {kind: attention, d_model: 16, n_layers: 1}}
        """)
    defer { sandbox.remove() }
    let plain = try sandbox.run(["run", "tasks/tiny.yaml"])
    #expect(plain.status == 0 && !plain.output.contains("effective rank"), "\(plain)")
    let file = sandbox.folder.appending(path: "tasks/tiny.yaml")
    let text = try String(contentsOf: file, encoding: .utf8)
    try (text + "\nmeasure: [rank]\nchart: accuracy-against-rank\n").write(
      to: file, atomically: true, encoding: .utf8)
    let run = try sandbox.run(["run", "tasks/tiny.yaml"])
    #expect(run.status == 0 && run.output.contains("effective rank"), "\(run)")
    let files = FileManager.default.enumerator(atPath: sandbox.folder.path)!.compactMap {
      $0 as? String
    }
    #expect(files.contains("runs/tiny/tiny.png"), "\(files)")
    let weights = try #require(
      files.first { $0.hasSuffix(".weights.safetensors") }, "\(run.errors) \(files)")
    let hash = String(weights.split(separator: "/").last!.prefix(16))
    let record = try decoded(
      Data(contentsOf: sandbox.folder.appending(path: "runs/tiny/\(hash).json")))
    guard case .object(let rank)? = record["rank"], case .array(let layers)? = rank["layers"] else {
      Issue.record("no rank in \(record)")
      return
    }
    #expect(rank["examples"] == 4 && rank["length"] == 16 && layers.count == 1)
    let (status, output, errors) = try sandbox.run(["matrix", hash, "--json"])
    #expect(status == 0, "\(errors)")
    #expect(try decoded(Data(output.utf8))["length"] == 16)
    // Its first digits, in any case; another folder has a copy of the record, but not the weights.
    let copy = sandbox.folder.appending(path: "runs/copy")
    try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: sandbox.folder.appending(path: "runs/tiny/\(hash).json"),
      to: copy.appending(path: "\(hash).json"))
    let short = try sandbox.run(["matrix", hash.prefix(8).uppercased(), "--json"])
    #expect(short.status == 0 && short.output == output, "\(short.errors)")
    try Data("{}".utf8).write(to: copy.appending(path: "\(hash.prefix(8))00000000.json"))
    let two = try sandbox.run(["matrix", String(hash.prefix(8))])
    #expect(two.status == 2 && two.errors.contains("2 runs in"), "\(two.errors)")
  }

  /// `measure: [bf16_state]` goes into the record, the table and a chart.
  @Test func errorsOfARoundedStateAreMeasured() throws {
    let sandbox = try RecallProcess(
      experiment: """
        task: {kind: mqar, sequence_length: 16, n_pairs: 2, vocab_size: 64}
        model: {d_model: 16, n_layers: 1}
        training:
          lr: 3e-3
          batch_size: 16
          stages: [{steps: 2}]
          validation_examples: 8
          test_examples: 8
          evaluation_tasks: [{}, {sequence_length: 32}]
        measure: bf16_state
        chart: state-error
        rows:
          - {label: "SSD, {precision}", model: {kind: ssd, headdim: 16}, training: {precision: [float32, bf16]}}
        """)
    defer { sandbox.remove() }
    let run = try sandbox.run(["run", "tasks/tiny.yaml"])
    #expect(run.status == 0 && run.output.contains("bf16 state error"), "\(run)")
    let table = try sandbox.run(["run", "tasks/tiny.yaml", "--table", "--json"])
    guard case .array(let rows)? = try decoded(Data(table.output.utf8))["rows"] else {
      Issue.record("no rows in \(table)")
      return
    }
    #expect(rows.count == 2)
    for case .object(let row) in rows {
      guard case .double(let error)? = row["bf16_state_error"] else {
        Issue.record("no error in \(row)")
        continue
      }
      #expect((1e-4...0.1).contains(error), "\(error)")
    }
    let details = try sandbox.run(["run", "tasks/tiny.yaml", "--table", "--details"]).output
    // Of the longest task, 32 tokens.
    #expect(details.contains("after so many tokens") && details.contains("32"), "\(details)")
    let picture = sandbox.folder.appending(path: "runs/tiny/tiny.svg")
    let svg = try String(contentsOf: picture, encoding: .utf8)
    for words in ["trained in float32", "trained in bfloat16", "after 32 tokens"] {
      #expect(svg.contains(words), "\(words)")
    }
  }

  private func decoded(_ json: Data) throws -> [String: SettingValue] {
    try JSONDecoder().decode([String: SettingValue].self, from: json)
  }
}
