import Foundation
import RecallTasks
import Storage
import Testing

@Suite struct ScoreCommandTests {
  /// A folder with `test.safetensors`, 100 examples of MQAR, and `p.safetensors`, answers that are right but
  /// for the first label of every example.
  private func withData(
    metadata: Bool = true, _ body: (RecallProcess) throws -> Void
  ) throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    let written = try sandbox.run(
      "dataset", "write", "mqar", "--sequence-length", "32", "--n-pairs", "4", "--vocab-size", "64",
      "--examples", "100", "--split", "test", "--output", "test.safetensors")
    try #require(written.status == 0, "\(written.errors)")
    let url = sandbox.folder.appending(path: "test.safetensors")
    let (inputs, labels) = try DatasetFile(contentsOf: url).examples(0..<100)
    if !metadata { try save(["inputs": inputs, "labels": labels], to: url) }
    var predictions = labels.map { max(0, $0) }
    for example in 0..<100 {
      let position = try #require((example * 32..<example * 32 + 32).first { labels[$0] >= 0 })
      predictions[position] = labels[position] == 40 ? 41 : 40
    }
    try save(["predictions": predictions], to: sandbox.folder.appending(path: "p.safetensors"))
    try body(sandbox)
  }

  private func save(_ tensors: [String: [Int32]], to url: URL) throws {
    let writer = try SafetensorsWriter(
      to: url, tensors: tensors.keys.map { .init($0, .int32, [100, 32]) })
    for (name, numbers) in tensors { try writer.append(numbers, to: name) }
    try writer.finish()
  }

  @Test func scoresAndTellsWhereErrorsAre() throws {
    try withData { sandbox throws in
      let (status, output, errors) = try sandbox.run(
        "score", "test.safetensors", "--predictions", "p.safetensors", "--chart", "map")
      #expect(status == 0, "\(errors)")
      for text in [
        "100 examples of 32 tokens, 400 answers",
        "accuracy     0.7500   (chance 0.031, ",
        "exact match  0.0000", "100 wrong answers", "by gap between", "by position", "chart: ",
      ] {
        #expect(output.contains(text), "\(text) in \(output)")
      }
      for name in ["map.png", "map.svg"] {
        #expect(FileManager.default.fileExists(atPath: sandbox.folder.appending(path: name).path))
      }
      let json = try sandbox.run(
        "score", "test.safetensors", "--predictions", "p.safetensors", "--json")
      let object = try #require(
        JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
      #expect(object["accuracy"] as? Double == 0.75)
      #expect((object["errors"] as? [String: Int])?.values.reduce(0, +) == 100)
    }
  }

  @Test func dataOfOthersIsScoredToo() throws {
    try withData(metadata: false) { sandbox throws in
      let (status, output, errors) = try sandbox.run(
        "score", "test.safetensors", "--predictions", "p.safetensors")
      #expect(status == 0, "\(errors)")
      #expect(output.contains("accuracy     0.7500\n"))
      #expect(output.contains("the data file does not name its task"))
    }
  }

  @Test func badFilesAreNamed() throws {
    try withData { sandbox throws in
      let wrong = try sandbox.run(
        "score", "test.safetensors", "--predictions", "test.safetensors")
      #expect(wrong.status == 2 && wrong.output == "")
      #expect(wrong.errors.contains("it holds: inputs, labels"), "\(wrong.errors)")
      #expect(try sandbox.run("score", "none", "--predictions", "p.safetensors").status == 2)
      #expect(
        try sandbox.run("score", "p.safetensors", "--predictions", "p.safetensors").status == 2)
    }
  }

  /// Logits that `recall evaluate --output` writes are predictions as any other's.
  @Test func ourOwnRunsHaveTheSameReport() throws {
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "ModelsTests/Fixtures")
    func fixture(_ name: String) -> String { fixtures.appending(path: name).path }
    try withData { sandbox throws in
      let description = try String(contentsOfFile: fixture("ssd.json"), encoding: .utf8)
      let object = try #require(
        JSONSerialization.jsonObject(with: Data(description.utf8)) as? [String: Any])
      let vocabulary = try #require(object["vocab_size"] as? Int)
      let length = try #require(object["max_length"] as? Int) / 4 * 4
      let data = try sandbox.run(
        "dataset", "write", "mqar", "--vocab-size", "\(vocabulary)", "--sequence-length",
        "\(length)", "--n-pairs", "2", "--examples", "20", "--output", "d.safetensors")
      try #require(data.status == 0, "\(data.errors)")
      let weights = sandbox.folder.appending(path: "w.safetensors")
      try FileManager.default.copyItem(
        at: URL(filePath: fixture("ssd.weights.safetensors")), to: weights)
      let own = try sandbox.run(
        "evaluate", fixture("ssd.json"), "--weights", "w.safetensors", "--data", "d.safetensors",
        "--output", "o.safetensors", "--errors")
      #expect(own.status == 0, "\(own.errors)")
      let score = try sandbox.run("score", "d.safetensors", "--predictions", "o.safetensors")
      #expect(score.status == 0, "\(score.errors)")
      #expect(own.output.contains(score.output))
      #expect(own.output.contains("\"trivial_guess\":0.") && own.output.contains("\"baseline\":0."))
      for name in ["w.errors.png", "w.errors.svg"] {
        #expect(FileManager.default.fileExists(atPath: sandbox.folder.appending(path: name).path))
      }
    }
  }
}
