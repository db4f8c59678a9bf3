import Foundation
import Storage
import Support
import Testing

/// `recall matrix` on the checkpoints of the public implementations, and on wrong input.
@Suite struct MatrixCommandTests {
  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "ModelsTests/Fixtures")

  private static func arguments(_ model: String, _ others: [String] = []) -> [String] {
    func path(_ name: String) -> String { fixtures.appending(path: name).path }
    return [
      "matrix", path("\(model).json"), "--weights", path("\(model).weights.safetensors"),
      "--data", path("\(model).data.safetensors"),
    ] + others
  }

  private func values(_ output: String) throws -> [String: SettingValue] {
    try JSONDecoder().decode([String: SettingValue].self, from: Data(output.utf8))
  }

  @Test(arguments: ["attention", "ssd"])
  func writesMatrixPicturesAndRanks(_ model: String) throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    let (status, output, errors) = try sandbox.run(
      Self.arguments(model, ["--output", "m", "--json", "--layer", "1", "--example", "2"]))
    #expect(status == 0, "\(errors)")
    let values = try values(output)
    #expect(values["kind"] == .string(model) && values["layer"] == 1 && values["example"] == 2)
    guard case .int(let length)? = values["length"] else {
      Issue.record("\(output)")
      return
    }
    let file = try SafetensorsFile(contentsOf: sandbox.folder.appending(path: "m.safetensors"))
    #expect(try file.tensor("matrix").shape == [length, length])
    #expect(try file.tensor("lower").shape == [min(length / 2, length - length / 2)])
    let matrix = try file.floats("matrix")
    // Causal; attention's rows are probabilities.
    for row in 0..<length {
      let cells = matrix[row * length..<(row + 1) * length]
      #expect(cells.dropFirst(row + 1).allSatisfy { $0 == 0 })
      if model == "attention" { #expect(abs(cells.reduce(0, +) - 1) < 1e-5) }
    }
    for name in ["m.png", "m.svg", "m.carried.png", "m.carried.svg"] {
      #expect(FileManager.default.fileExists(atPath: sandbox.folder.appending(path: name).path))
    }
    let text = try sandbox.run(Self.arguments(model, ["--output", "m"]))
    #expect(text.status == 0 && text.output.contains("structural (1e-12)"), "\(text.output)")
    #expect(text.output.contains("chart: ./m.svg"))
  }

  @Test(
    arguments: [
      (["--layer", "9"], "--layer: 9", "0 to"), (["--layer", "-1"], "--layer: -1", "0 to"),
      (["--head", "99"], "--head: 99", "0 to"), (["--example", "3"], "--example: 3", "0 to 2"),
      (["--example", "-1"], "--example: -1", "0 to 2"), (["--cut", "0"], "--cut: 0", "1 to"),
      (["--cut", "99999"], "--cut: 99999", "1 to"),
      (["--weights", "none.safetensors"], "none.safetensors", "cannot read"),
      (["--data", "none.safetensors"], "none.safetensors", "cannot read"),
    ] as [([String], String, String)])
  func wrongOptionsAreRefused(options: [String], place: String, allowed: String) throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    let (status, output, errors) = try sandbox.run(Self.arguments("ssd", options + ["--json"]))
    #expect(status == 2 && output.isEmpty, "\(status) \(output)")
    #expect(errors.contains(place) && errors.contains(allowed), "\(errors)")
  }

  @Test func unknownModelsAreNamed() throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    let hash = try sandbox.run(["matrix", "0123456789abcdef"])
    #expect(hash.status == 2 && hash.errors.contains("the hash of a run"), "\(hash.errors)")
    let model = sandbox.folder.appending(path: "model.json").path
    try FileManager.default.copyItem(
      at: Self.fixtures.appending(path: "ssd.json"), to: URL(filePath: model))
    let bare = try sandbox.run(["matrix", "model.json"])
    #expect(bare.status == 2 && bare.errors.contains("--weights"), "\(bare.errors)")
    let noData = try sandbox.run([
      "matrix", model, "--weights", Self.fixtures.appending(path: "ssd.weights.safetensors").path,
    ])
    #expect(noData.status == 2 && noData.errors.contains("--data"), "\(noData.errors)")
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
    let record = try JSONDecoder().decode(
      [String: SettingValue].self,
      from: Data(contentsOf: sandbox.folder.appending(path: "runs/tiny/\(hash).json")))
    guard case .object(let rank)? = record["rank"], case .array(let layers)? = rank["layers"] else {
      Issue.record("no rank in \(record)")
      return
    }
    #expect(rank["examples"] == 4 && rank["length"] == 16 && layers.count == 1)
    let (status, output, errors) = try sandbox.run(["matrix", hash, "--json"])
    #expect(status == 0, "\(errors)")
    #expect(try values(output)["length"] == 16)
  }
}
