import ExperimentSamples
import Experiments
import Foundation
import Support
import Testing
import Training

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

  /// A chain of presets would take the stack; thousands of rows and presets take seconds at most.
  @Test func manyPresetsAndRowsAreRead() throws {
    let task = "task: {kind: mqar, sequence_length: 16, n_pairs: 2, vocab_size: 32}\n"
    let chain = (0..<20_000).map { "  p\($0): {use: p\($0 + 1)}\n" }.joined()
    let error = try #require(throws: ConfigurationError.self) {
      try Experiment(
        yaml: "presets:\n\(chain)  p20000: {seed: 1}\nuse: p0\nmodel: {kind: ssd}\n" + task,
        file: "chain.yaml")
    }
    #expect(error.message.contains("at most 100 levels"), "\(error)")
    let rows = (0..<2000).map { "  - {label: r\($0), training: {lr: \(Double($0 + 1) / 1e6)}}\n" }
    let time = try ContinuousClock().measure {
      let many = try Experiment(
        yaml: "\(task)model: {kind: ssd}\nrows:\n" + rows.joined(), file: "rows.yaml")
      #expect(many.runs.count == 2000)
    }
    #expect(time < .seconds(5))
  }

  @Test func presetsNestAndRowsWin() throws {
    let run = try #require(Experiment(yaml: smallFile, file: "any.yaml").runs.last)
    #expect(run.configuration.model.kind == "ssd")
    #expect(run.configuration.model.shape.layers == 4)
    #expect(run.configuration.model.shape.modelDimension == 64)
    #expect(run.configuration.model.shape.vocabularySize == 512)
    #expect(run.configuration.model.shape.maximumLength == 64)
    #expect(run.configuration.model.values["d_state"] == .int(8))
    #expect(run.configuration.training.batchTokens == 4096)
    #expect(run.configuration.training.learningRate == 1e-2)
    #expect(run.configuration.training.stages.map(\.steps) == [100, 0])
    #expect(run.configuration.seed == 1)
  }

  /// A `{key}` with one value is that value; `match` replaces what it solves for.
  @Test func labelsNameSingleValues() throws {
    let yaml = smallFile.replacing("d_state: [4, 8]", with: "d_state: 4")
      .replacing("N={d_state}", with: "N={d_state}, {n_pairs} pairs, clip {max_grad_norm}")
      .replacing("training:\n", with: "training:\n  clip: 1\n")
    #expect(
      try Experiment(yaml: yaml, file: "x.yaml").configurations.map(\.label)
        == ["attention", "SSD N=4, 16 pairs, clip 1"])
    let matched = matchedFile.replacing(
      "label: attention", with: "label: \"attention d={d_model}\"")
    let labels = try Experiment(yaml: matched, file: "x.yaml").configurations.map(\.label)
    #expect(labels.contains("attention d=64 ratio=1"), "\(labels)")
  }

  @Test func nameDefaultsToTheFiles() throws {
    let yaml = smallFile.replacing("experiment: small\n", with: "")
    #expect(try Experiment(yaml: yaml, file: "tasks/any.yaml").name == "any")
  }

  @Test func listOfListsSweepsStages() throws {
    let yaml = smallFile.replacing(
      "stages: [{sequence_length: 32, n_pairs: 8, steps: 100}, {examples: 2000}]",
      with: "stages: [[{examples: 2000}], [{examples: 100}, {examples: 2000}]]")
    let experiment = try Experiment(yaml: yaml, file: "any.yaml")
    #expect(experiment.runs.count == 24)
    #expect(Set(experiment.runs.map(\.configuration.training.stages.count)) == [1, 2])
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
  @Test func aRowMayUseSeveralPresets() throws {
    let yaml = """
      task: {kind: mqar, sequence_length: 64, n_pairs: 4}
      presets:
        long: {task: {sequence_length: 128, n_pairs: 8}, training: {lr: 1e-2}}
        ssd: {model: {kind: ssd, n_layers: 4}, training: {lr: 3e-2}}
      rows:
        - {label: a, use: [long, ssd], task: {n_pairs: 16}}
        - {label: b, use: [ssd, long]}
      """
    let runs = try Experiment(yaml: yaml, file: "any.yaml").runs.map(\.configuration)
    #expect(runs.map(\.model.kind) == ["ssd", "ssd"])
    #expect(runs.map(\.task.task.sequenceLength) == [128, 128])
    #expect(runs.map(\.task.task.difficulty.value) == [16, 8])
    #expect(runs.map(\.training.learningRate) == [3e-2, 1e-2])
  }

  @Test func aPartHasWholeConfigurations() throws {
    let yaml = """
      task: {kind: mqar, sequence_length: 64, n_pairs: 4}
      training: {lr: [1e-2, 3e-2]}
      seed: [0, 1]
      rows:
        - {label: attention, model: {kind: attention}}
        - {label: "SSD N={d_state}", model: {kind: ssd, d_state: [4, 16]}}
      """
    let whole = try Experiment(yaml: yaml, file: "any.yaml")
    let part = try whole.only(["n=16", "ATTENTION"])
    #expect(part.configurations.map(\.label) == ["attention", "SSD N=16"])
    #expect(part.configurations.map(\.runs.count) == [4, 4])
    // A whole label is one configuration, also if another label contains it.
    let longer = try Experiment(yaml: yaml.replacing("[4, 16]", with: "[1, 16]"), file: "any.yaml")
    #expect(try longer.only(["SSD N=1"]).configurations.map(\.label) == ["SSD N=1"])
    #expect(try longer.only(["SSD n=1"]).configurations.count == 2)
    let error = #expect(throws: SettingsError.self) { try whole.only(["ssd", "Mamba"]) }
    #expect(error?.value == "Mamba" && error?.allowed.contains("\"SSD N=4\"") == true)
  }

  @Test func hashOfAFixedConfiguration() throws {
    let run = try #require(Experiment(yaml: smallFile, file: "any.yaml").runs.first)
    #expect(run.hash == "73c8c012ed5a1be7")
    let again = try Experiment(yaml: smallFile, file: "other.yaml")
    #expect(again.runs[0].hash == run.hash)
  }

  /// Every experiment in the repository has a question and an expected time, and is valid.
  @Test func shippedExperimentsAreValid() throws {
    let folder = URL(filePath: #filePath).appending(path: "../../../tasks").standardizedFileURL
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names.count { $0.hasSuffix(".yaml") } >= 5)
    for name in names where name.hasSuffix(".yaml") {
      let file = folder.appending(path: name)
      let experiment = try Experiment(contentsOf: file.path)
      #expect(!experiment.runs.isEmpty, "\(name)")
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(text.hasPrefix("# Question: ") && text.contains("expected_minutes: "), "\(name)")
    }
  }

  /// A record from before a key was added is read with the value that runs had then.
  @Test func aRecordMayLackLaterKeys() throws {
    let run = try #require(Experiment(yaml: smallFile, file: "any.yaml").runs.first)
    guard case .object(var values) = try SettingValue(encoding: run.configuration) else { return }
    for (section, key) in [
      ("task", "num_passes"), ("model", "position_embedding"), ("model", "output_init_std"),
      ("training", "min_batch_size"),
    ] {
      guard case .object(var keys)? = values[section] else { return }
      keys[key] = nil
      values[section] = .object(keys)
    }
    let old = try JSONDecoder().decode(
      RunConfiguration.self, from: JSONEncoder().encode(SettingValue.object(values)))
    #expect(old == run.configuration)
    #expect(old.hash == run.hash)
  }

  /// A key that was added later does not change the names of runs with its default.
  @Test func laterKeysKeepNames() throws {
    func hash(task: String = "", model: String = "") throws -> String {
      let yaml = """
        task: {kind: mqar, sequence_length: 64, n_pairs: 4\(task)}
        model: {kind: attention, n_layers: 2\(model)}
        training: {recipe: none}
        """
      return try #require(Experiment(yaml: yaml, file: "any.yaml").runs.first).hash
    }
    #expect(try hash(task: ", num_passes: 1") == hash())
    #expect(try hash(task: ", num_passes: 2") != hash())
    let sizes = ["position_std", "embedding_init_std", "projection_init_std", "output_init_std"]
    let defaults = sizes.map { ", \($0): 0.02" }.joined()
    #expect(try hash(model: ", position_embedding: learned\(defaults)") == hash())
    #expect(try hash(model: ", position_embedding: sinusoidal") != hash())
    for size in sizes { #expect(try hash(model: ", \(size): 0.1") != hash()) }
  }

  /// Runs that differ in learning rate and seed alone are not decoded one by one. They are the same as if they were.
  @Test func sweepsOfRatesAndSeedsAreReadAsSingleRuns() throws {
    let experiment = try Experiment(yaml: smallFile, file: "small.yaml")
    #expect(experiment.runs.count == 12)
    for run in experiment.runs {
      let alone = try Experiment(
        yaml: smallFile, file: "small.yaml",
        overrides: [
          "training.lr=\(run.configuration.training.learningRate)",
          "seed=\(run.configuration.seed)",
        ])
      let same = alone.runs.first { $0.hash == run.hash }
      #expect(same?.configuration == run.configuration)
      #expect(run.configuration.hash == run.hash)
    }
  }

  @Test func thousandsOfRatesAreReadInNoTime() throws {
    let rates = (1...3000).map { "\(Double($0) / 1e6)" }.joined(separator: ", ")
    let yaml = smallFile.replacing("lr: [3e-3, 1e-2]", with: "lr: [\(rates)]")
      .replacing("seed: [0, 1]", with: "seed: 0")
    let clock = ContinuousClock()
    var configurations = 0
    let time = try clock.measure {
      configurations = try Experiment(yaml: yaml, file: "small.yaml").configurations.count
    }
    #expect(configurations == 3)
    #expect(time < .seconds(5))
  }
}
