import Experiments
import Foundation
import RecallTasks
import Support
import Testing

/// An experiment names files by their paths.
@Suite struct FilesOfRunsTests {
  private static let task: [String: SettingValue] = [
    "kind": "mqar", "vocab_size": 40, "sequence_length": 16, "n_pairs": 3,
  ]

  private func yaml(_ training: String, length: Int = 16) -> String {
    """
    task: {kind: mqar, vocab_size: 40, sequence_length: \(length), n_pairs: 3}
    model: {kind: ssd, d_model: 16, headdim: 8}
    training:
      batch_size: 4
      \(training)
    """
  }

  private func withData(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try DatasetWriter(TaskConfiguration(Self.task), seed: 0, split: .train)
      .write(examples: 40, to: folder.appending(path: "data.safetensors"))
    try body(folder)
  }

  @Test func pathsAreThoseOfTheExperimentsFolder() throws {
    try withData { folder in
      let yaml = yaml("data: data.safetensors\n  stages: [{steps: 10}]")
      let file = folder.appending(path: "x.yaml").path
      let run = try Experiment(yaml: yaml, file: file).runs[0]
      let path = folder.appending(path: "data.safetensors").path
      #expect(run.configuration.training.data.path == path)
      #expect(run.configuration.training.data.hash?.count == 16)
      // On the command line a path is that of the present folder; here it is absolute.
      let plain = self.yaml("stages: [{steps: 10}]")
      let other = try Experiment(
        yaml: plain, file: "y.yaml", overrides: ["training.data=\(path)"]
      ).runs[0]
      #expect(other.hash == run.hash)
      #expect(try Experiment(yaml: plain, file: "y.yaml").runs[0].hash != run.hash)
    }
  }

  @Test(arguments: [
    ("data: nix.safetensors", 16, "x.yaml:5:9: data: ", "No such file"),
    ("initial_weights: nix", 16, "x.yaml:5:20: initial_weights: ", "No such file"),
    ("initial_weights: data.safetensors", 16, "x.yaml:5:20: initial_weights: ", "model"),
    ("data: data.safetensors\n  stages: [{steps: 11}]", 16, "x.yaml:5:9: data", "at least the 44"),
    (
      "data: data.safetensors\n  stages: [{steps: 1}]", 32, "x.yaml:5:9: data", "sequence_length 32"
    ),
    (
      "data: data.safetensors\n  stages: [{steps: 1}, {steps: 1}]", 16, "x.yaml:6:11: stages",
      "one, as data"
    ),
  ])
  func mistakesAreNamedWhereTheyStand(
    _ training: String, _ length: Int, _ place: String, _ words: String
  ) throws {
    try withData { folder in
      let file = folder.appending(path: "x.yaml").path
      let error = #expect(throws: ConfigurationError.self) {
        try Experiment(yaml: yaml(training, length: length), file: file)
      }
      let text = error?.description ?? ""
      #expect(text.contains(place) && text.contains(words), "\(text)")
    }
  }
}
