import Configuration
import Experiments
import Testing

let smallFile = """
  experiment: small
  question: Does it?
  expected_minutes: 9
  presets:
    small: {model: {d_model: 64}, training: {batch_tokens: 4096}}
    ssd: {use: small, model: {kind: ssd, n_layers: 4}}
  use: small
  task: {kind: mqar, sequence_length: 64, n_pairs: 16, vocab_size: 512}
  training:
    lr: [3e-3, 1e-2]
    segments: [{sequence_length: 32, n_pairs: 8, steps: 100}, {examples: 2000}]
  seed: [0, 1]
  rows:
    - {label: attention, model: {kind: attention, n_layers: 2}}
    - {use: ssd, label: "SSD N={d_state}", model: {d_state: [4, 8]}}

  """

@Suite struct ExperimentTests {
  @Test func rowsAndAxesExpandInOrder() throws {
    let experiment = try Experiment(yaml: smallFile, file: "tasks/any.yaml")
    #expect(experiment.name == "small")
    #expect(experiment.expectedMinutes == 9)
    #expect(experiment.rows.map(\.label) == ["attention", "SSD N={d_state}"])
    #expect(
      experiment.runs.map(\.label) == [
        "attention lr=0.003 seed=0", "attention lr=0.003 seed=1", "attention lr=0.01 seed=0",
        "attention lr=0.01 seed=1", "SSD N=4 lr=0.003 seed=0", "SSD N=4 lr=0.003 seed=1",
        "SSD N=4 lr=0.01 seed=0", "SSD N=4 lr=0.01 seed=1", "SSD N=8 lr=0.003 seed=0",
        "SSD N=8 lr=0.003 seed=1", "SSD N=8 lr=0.01 seed=0", "SSD N=8 lr=0.01 seed=1",
      ])
    #expect(Set(experiment.runs.map(\.hash)).count == 12)
  }

  @Test func presetsNestAndRowsWin() throws {
    let run = try #require(Experiment(yaml: smallFile, file: "any.yaml").runs.last)
    #expect(run.configuration.model.kind == "ssd")
    #expect(run.configuration.model.backbone.layers == 4)
    #expect(run.configuration.model.backbone.modelDimension == 64)
    #expect(run.configuration.model.backbone.vocabularySize == 512)
    #expect(run.configuration.model.backbone.maximumLength == 64)
    #expect(try run.configuration.model.values["d_state"] == .int(8))
    #expect(run.configuration.training.batchTokens == 4096)
    #expect(run.configuration.training.learningRate == 1e-2)
    #expect(run.configuration.training.segments.map(\.steps) == [100, 0])
    #expect(run.configuration.seed == 1)
  }

  @Test func nameDefaultsToTheFiles() throws {
    let yaml = smallFile.replacing("experiment: small\n", with: "")
    #expect(try Experiment(yaml: yaml, file: "tasks/any.yaml").name == "any")
  }

  @Test func listOfListsSweepsSegments() throws {
    let yaml = smallFile.replacing(
      "segments: [{sequence_length: 32, n_pairs: 8, steps: 100}, {examples: 2000}]",
      with: "segments: [[{examples: 2000}], [{examples: 100}, {examples: 2000}]]")
    let experiment = try Experiment(yaml: yaml, file: "any.yaml")
    #expect(experiment.runs.count == 24)
    #expect(Set(experiment.runs.map(\.configuration.training.segments.count)) == [1, 2])
  }

  @Test func kindsCanBeSwept() throws {
    let yaml = """
      task: {kind: mqar, sequence_length: 64, n_pairs: 4}
      model: {kind: [attention, mamba, ssd], n_layers: 2}
      """
    let experiment = try Experiment(yaml: yaml, file: "any.yaml")
    #expect(experiment.runs.map(\.configuration.model.kind) == ["attention", "mamba", "ssd"])
    #expect(
      experiment.runs.map(\.label) == ["any kind=attention", "any kind=mamba", "any kind=ssd"])
  }

  /// Records are found by this name: it may only change together with the records' format.
  @Test func hashOfAFixedConfiguration() throws {
    let run = try #require(Experiment(yaml: smallFile, file: "any.yaml").runs.first)
    #expect(run.hash == "73c8c012ed5a1be7")
    let again = try Experiment(yaml: smallFile, file: "other.yaml")
    #expect(again.runs[0].hash == run.hash)
  }

  /// A key that tasks gained later does not rename runs that have its default.
  @Test func laterKeysKeepNames() throws {
    func hash(_ keys: String) throws -> String {
      let task = "{kind: mqar, sequence_length: 64, n_pairs: 4\(keys)}"
      let yaml = "task: \(task)\nmodel: {kind: ssd, n_layers: 2}"
      return try #require(Experiment(yaml: yaml, file: "any.yaml").runs.first).hash
    }
    #expect(try hash(", num_passes: 1") == hash(""))
    #expect(try hash(", num_passes: 2") != hash(""))
  }
}
