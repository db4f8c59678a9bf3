import Foundation
import Models
import RecallTasks
import Testing
import Training

/// The mixer that docs/add-a-mixer.md shows. LRU.swift here is a link to the file of examples/own-mixer. The file, one
/// line and one fixture are all that it takes: every test of `ModelCase` and `FixtureTests` runs for it as for the
/// mixers of the catalogue.
enum WorkedExample {
  static let kind = LRU.kind

  static func register() { MixerCatalog.register(LRU.self) }
}

@Suite struct WorkedExampleTests {
  /// What is read is what is compiled, to the byte.
  @Test(arguments: [
    (
      "docs/add-a-mixer.md",
      ["examples/own-mixer/Sources/own-recall/LRU.swift", "Tests/ModelsTests/LRU.swift"]
    ),
    ("docs/add-a-task.md", ["examples/own-mixer/Sources/own-recall/Delay.swift"]),
  ])
  func thePageShowsTheFile(_ page: String, _ files: [String]) throws {
    let package = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL
    func text(_ path: String) throws -> String {
      try String(contentsOf: package.appending(path: path), encoding: .utf8)
    }
    let blocks = try text(page).components(separatedBy: "\n```")
      .filter { $0.hasPrefix("swift\n") }.map { String($0.dropFirst("swift\n".count)) + "\n" }
    for file in files { #expect(try blocks == [text(file)]) }
  }

  /// It learns to say which of 8 symbols stood before the separator. Without a state, half of the labels are right at
  /// best, and one in 16.
  @Test func itTrains() throws {
    WorkedExample.register()
    let training = try TrainingSettings.decode([
      "lr": 1e-2, "batch_size": 16, "fresh_examples": true, "stages": [["steps": 100]],
      "validation_examples": 50,
    ])
    let configuration = try RunConfiguration(
      model: ModelConfiguration([
        "kind": "lru", "d_model": 16, "n_layers": 1, "d_hidden": 16,
      ]),
      task: TaskConfiguration([
        "kind": "copying", "alphabet_size": 8, "n_min": 1, "n_max": 1, "sequence_length": 5,
      ]), training: training, seed: 1)
    let checkpoint = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: checkpoint) }
    let trainer = try Trainer(configuration, checkpoint: checkpoint)
    _ = try trainer.run()
    let accuracy = trainer.evaluations.map(\.accuracy)
    #expect(accuracy.last! > 0.9, "\(accuracy)")
  }
}
