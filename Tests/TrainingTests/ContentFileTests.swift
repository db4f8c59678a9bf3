import Foundation
import Models
import RecallTasks
import Storage
import Support
import Testing
import Training

/// Initial weights and data from files.
@Suite struct ContentFileTests {
  private func trainer(_ configuration: RunConfiguration, in folder: URL) throws -> Trainer {
    try Trainer(configuration, checkpoint: folder.appending(path: "\(UUID()).safetensors"))
  }

  private func weights(of trainer: Trainer, in folder: URL) throws -> URL {
    let url = folder.appending(path: "\(UUID()).weights.safetensors")
    try trainer.writeWeights(to: url)
    return url
  }

  private func writeData(
    _ task: TaskConfiguration, examples: Int, to folder: URL
  ) throws -> String {
    let url = folder.appending(path: "\(UUID()).data.safetensors")
    try DatasetWriter(task, seed: 3, split: .train).write(examples: examples, to: url)
    return url.path
  }

  /// Examples in their order in one epoch, then in another order in two.
  @Test(arguments: [(fresh: true, epochs: 1), (fresh: false, epochs: 2)])
  func trainingOnTheTasksOwnExamplesGivesTheSameBits(_ order: (fresh: Bool, epochs: Int)) throws {
    try withTemporaryFolder { folder in
      func run(data: ContentFile) throws -> Data {
        let trainer = try trainer(
          tinyRun(tinyModels[2]) { training in
            (training.freshExamples, training.epochs) = (order.fresh, order.epochs)
            training.data = data
          }, in: folder)
        _ = try trainer.run()
        return try Data(contentsOf: weights(of: trainer, in: folder))
      }
      let path = try writeData(tinyRun(tinyModels[2]).task, examples: 12 * 7, to: folder)
      let own = try run(data: .none)
      #expect(try run(data: ContentFile(examples: path)) == own)
      let other = try writeData(
        tinyRun(tinyModels[2]).task.replacing(["n_pairs": 2]), examples: 12 * 7, to: folder)
      #expect(try run(data: ContentFile(examples: other)) != own)
    }
  }

  @Test(arguments: tinyModels)
  func trainingStartsFromTheWeights(_ model: [String: SettingValue]) throws {
    try withTemporaryFolder { folder in
      let first = try trainer(tinyRun(model), in: folder)
      _ = try first.run()
      let file = try weights(of: first, in: folder)
      var configuration = try tinyRun(model) { training in
        training.initialWeights = try! ContentFile(weights: file.path)
      }
      configuration.seed = 4
      let second = try trainer(configuration, in: folder)
      #expect(try Data(contentsOf: weights(of: second, in: folder)) == Data(contentsOf: file))
      _ = try second.run()
      #expect(try Data(contentsOf: weights(of: second, in: folder)) != Data(contentsOf: file))
    }
  }

  /// Learned positions may be more than the model has, sinusoids and none any number.
  @Test(arguments: [
    ("learned", 24, true), ("learned", 20, true), ("learned", 30, false), ("sinusoidal", 30, true),
    ("none", 30, true),
  ])
  func positionsOfOtherLengths(_ positions: String, _ length: Int, _ fits: Bool) throws {
    try withTemporaryFolder { folder in
      func run(_ length: Int) throws -> RunConfiguration {
        try tinyRun([
          "kind": "attention", "position_embedding": .string(positions),
          "max_length": .int(length),
        ])
      }
      let first = try trainer(run(24), in: folder)
      _ = try first.run()
      let file = try weights(of: first, in: folder)
      var configuration = try run(length)
      configuration.training.initialWeights = try ContentFile(weights: file.path)
      guard fits else {
        let error = #expect(throws: SafetensorsError.self) {
          try trainer(configuration, in: folder)
        }
        #expect(error?.description.contains("shape [24, 16]; this model needs [30, 16]") == true)
        return
      }
      let second = try trainer(configuration, in: folder)
      let before = try SafetensorsFile(contentsOf: file)
      let after = try SafetensorsFile(contentsOf: weights(of: second, in: folder))
      for (name, tensor) in after.tensors {
        let old = try before.floats(name)
        let count = tensor.shape.reduce(1, *)
        #expect(try after.floats(name) == Array(old.prefix(count)), "\(name)")
        #expect(count == old.count || name.contains("position_embeddings") && length < 24)
      }
    }
  }

  /// The path is no part of a run; the content is.
  @Test func filesAreKnownByTheirContent() throws {
    try withTemporaryFolder { folder in
      let task = try tinyRun(tinyModels[0]).task
      let paths = try [
        writeData(task, examples: 84, to: folder), folder.appending(path: "copy").path,
      ]
      try FileManager.default.copyItem(atPath: paths[0], toPath: paths[1])
      let other = try writeData(task, examples: 85, to: folder)
      func run(_ data: ContentFile, _ weights: ContentFile = .none) throws -> RunConfiguration {
        try tinyRun(tinyModels[0]) { ($0.data, $0.initialWeights) = (data, weights) }
      }
      let runs = try paths.map { try run(ContentFile(examples: $0)) }
      #expect(runs[0] == runs[1])
      #expect(try run(ContentFile(examples: other)) != runs[0])
      #expect(try run(.none) != runs[0])
      let starts = try (paths + [other]).map { try run(.none, ContentFile(weights: $0)) }
      #expect(starts[0] == starts[1] && starts[0] != starts[2])
      // A record has the hash alone, and is the same run.
      let record = try JSONDecoder().decode(
        RunConfiguration.self, from: JSONEncoder().encode(runs[0]))
      #expect(record == runs[0] && record.training.data.path.isEmpty)
      #expect(record.training.data.description.hasPrefix("content:"))
    }
  }

  @Test func filesThatCannotBeTrainedOnAreNamed() throws {
    try withTemporaryFolder { folder in
      let task = try tinyRun(tinyModels[0]).task
      let path = try writeData(task, examples: 84, to: folder)
      func problem(_ data: ContentFile) -> String {
        do {
          _ = try trainer(tinyRun(tinyModels[0]) { $0.data = data }, in: folder)
          return ""
        } catch { return "\(error)" }
      }
      let known = try ContentFile(setting: .string("content:0123456789abcdef"))
      #expect(problem(known).contains("known by its content alone"))
      let read = try ContentFile(examples: path)
      #expect(problem(read).isEmpty)
      let large = try writeData(
        task.replacing(["vocab_size": 60]), examples: 84, to: folder)
      #expect(try problem(ContentFile(examples: large)).contains("vocab_size 40 allows 0 to 39"))
      try FileManager.default.removeItem(atPath: path)
      #expect(problem(read).contains("No such file"))
      try FileManager.default.copyItem(atPath: large, toPath: path)
      #expect(problem(read).contains("has changed since the run was planned"))
      for text in ["content:", "content:0123", "content:0123456789ABCDEF"] {
        #expect(throws: SettingsError.self) { try ContentFile(setting: .string(text)) }
      }
      #expect(throws: SettingsError.self) {
        try tinyRun(tinyModels[0]) { training in
          training.data = read
          training.stages += training.stages
        }
      }
    }
  }
}
