import Foundation
import Storage
import Support
import Testing

/// `recall evaluate` on the checkpoints of the public implementations.
@Suite struct EvaluateCommandTests {
  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "ModelsTests/Fixtures")

  private static func fixture(_ name: String) -> String {
    fixtures.appending(path: name).path
  }

  @Test(arguments: ["attention", "mamba", "ssd"])
  func printsOneLineOfJSONAndWritesTensors(_ model: String) throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    let (status, output, errors) = try sandbox.run(
      "evaluate", Self.fixture("\(model).json"), "--weights",
      Self.fixture("\(model).weights.safetensors"), "--data",
      Self.fixture("\(model).data.safetensors"), "--output", "out.safetensors", "--gradients")
    #expect(status == 0, "\(errors)")
    #expect(output.split(separator: "\n").count == 1)
    let object = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
    #expect(object.map { Set($0.keys) } == ["loss", "accuracy", "exact_match", "examples"])
    #expect(object?["examples"] as? Int == 3)
    // The same tensors as the reference wrote, by name, type and shape.
    #expect(
      try header(sandbox.folder.appending(path: "out.safetensors"))
        == header(Self.fixtures.appending(path: "\(model).expected.safetensors")))
  }

  /// An example without labels counts for neither of the two.
  @Test func countsExamplesAsScoreDoes() throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    let data = try SafetensorsFile(
      contentsOf: URL(filePath: Self.fixture("ssd.data.safetensors")))
    let shape = try data.tensor("inputs").shape
    var labels = try data.integers("labels")
    for position in shape[1]..<2 * shape[1] { labels[position] = -100 }
    let writer = try SafetensorsWriter(
      to: sandbox.folder.appending(path: "data.safetensors"),
      tensors: ["inputs", "labels"].map { .init($0, .int32, shape) })
    try writer.append(try data.integers("inputs"), to: "inputs")
    try writer.append(labels, to: "labels")
    try writer.finish()
    let evaluated = try sandbox.run(
      "evaluate", Self.fixture("ssd.json"), "--weights", Self.fixture("ssd.weights.safetensors"),
      "--data", "data.safetensors", "--output", "logits.safetensors")
    let scored = try sandbox.run(
      "score", "data.safetensors", "--predictions", "logits.safetensors", "--json")
    let results = try [evaluated, scored].map { result in
      try #require(result.status == 0, "\(result.errors)")
      return try JSONDecoder().decode([String: SettingValue].self, from: Data(result.output.utf8))
    }
    #expect(shape[0] == 3 && results[0]["examples"] == 2)
    for key in ["examples", "accuracy", "exact_match"] {
      #expect(results[0][key] == results[1][key], "\(key)")
    }
  }

  /// One weight is NaN: the loss is named, as valid JSON, and the output is written.
  @Test func aLossThatIsNotANumberIsNamed() throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    var weights = try Data(contentsOf: URL(filePath: Self.fixture("ssd.weights.safetensors")))
    let length = weights.prefix(8).enumerated().reduce(0) {
      $0 + Int($1.element) << (8 * $1.offset)
    }
    // Every tensor is float32.
    for position in stride(from: 8 + length, to: weights.count, by: 4) {
      weights.replaceSubrange(position..<position + 4, with: [0, 0, 0xC0, 0x7F])
    }
    try weights.write(to: sandbox.folder.appending(path: "w.safetensors"))
    let (status, output, errors) = try sandbox.run(
      "evaluate", Self.fixture("ssd.json"), "--weights", "w.safetensors", "--data",
      Self.fixture("ssd.data.safetensors"), "--output", "o.safetensors")
    #expect(status == 0, "\(errors)")
    #expect(errors.contains("warning: the loss is nan"), "\(errors)")
    let values = try JSONDecoder().decode([String: SettingValue].self, from: Data(output.utf8))
    #expect(values["loss"] == .null && values["loss_is"] == "nan" && values["examples"] == 3)
    let loss = try SafetensorsFile(contentsOf: sandbox.folder.appending(path: "o.safetensors"))
      .floats("loss")
    #expect(loss.count == 1 && loss[0].isNaN)
  }

  /// Name → type and shape of every tensor in a safetensors file.
  private func header(_ url: URL) throws -> [String: String] {
    let data = try Data(contentsOf: url)
    let length = data.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
    let json = try JSONSerialization.jsonObject(with: data.dropFirst(8).prefix(length))
    let tensors = (json as? [String: [String: Any]] ?? [:]).filter { $0.key != "__metadata__" }
    return tensors.mapValues { "\($0["dtype"] ?? "") \($0["shape"] ?? "")" }
  }

  @Test(arguments: [
    ("ssd", "mamba.weights", "ssd.data", "dt_proj"), ("ssd", "ssd.data", "ssd.data", "inputs"),
    ("attention", "attention.weights", "attention.weights", "inputs"),
    ("mamba", "nothing", "mamba.data", "nothing"),
  ])
  func namesWhatDoesNotFit(_ model: String, _ weights: String, _ data: String, _ named: String)
    throws
  {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    let (status, output, errors) = try sandbox.run(
      "evaluate", Self.fixture("\(model).json"), "--weights",
      Self.fixture("\(weights).safetensors"), "--data", Self.fixture("\(data).safetensors"))
    #expect(status == 2)
    #expect(output == "")
    #expect(errors.contains(named), "\(errors)")
  }
}
