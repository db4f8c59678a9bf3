import ExperimentSamples
import Experiments
import Support
import Testing

@Suite struct OverrideTests {
  private func experiment(_ overrides: String..., file: String = smallFile) throws -> Experiment {
    try Experiment(yaml: file, file: "x.yaml", overrides: overrides)
  }

  @Test func overridesReplaceWhatTheFileSaysInEveryRow() throws {
    let runs = try experiment("training.lr=1e-1", "seed=[5]").runs
    #expect(runs.map(\.label) == ["attention", "SSD N=4", "SSD N=8"])
    #expect(runs.allSatisfy { $0.configuration.training.learningRate == 0.1 })
    #expect(runs.allSatisfy { $0.configuration.seed == 5 })
  }

  /// Attention has no d_state; its row stays as it is.
  @Test func overridesReachTheRowsThatHaveTheKey() throws {
    let runs = try experiment("model.d_state=[2,32]", "training.lr=1e-2", "seed=0").runs
    #expect(runs.map(\.label) == ["attention", "SSD N=2", "SSD N=32"])
    #expect(try experiment("model.d_state=2").runs.last?.label == "SSD N=2 lr=0.01 seed=1")
  }

  @Test func overridesAreTheSameRunsAsAFileWithThem() throws {
    let file = smallFile.replacing("lr: [3e-3, 1e-2]", with: "lr: 2e-3\n  clip: 1")
    #expect(
      try experiment("training.lr=2e-3", "training.clip=1").runs.map(\.hash)
        == experiment(file: file).runs.map(\.hash))
  }

  @Test func aFileWithoutTrainingKeepsItsRecipe() throws {
    let file = "task: {kind: mqar, sequence_length: 64, n_pairs: 4}\nmodel: {kind: ssd}\n"
    let training = try experiment("training.lr=5e-3", "training.clip=2", file: file).runs[0]
      .configuration.training
    #expect(training.learningRate == 5e-3 && training.maximumGradientNorm == 2)
    #expect(training.stages.count == 3)
    let plain = try experiment("training.recipe=none", file: file).runs[0]
    #expect(plain.recipe == nil && plain.configuration.training.stages.count == 1)
  }

  @Test func entriesOfHybridsCanBeReached() throws {
    let file = """
      task: {kind: mqar}
      training: {lr: 1e-3}
      model: {kind: hybrid, mixers: [{kind: ssd, d_state: 4}, {kind: attention}]}
      """
    let run = try experiment("model.mixers.0.d_state=8", file: file).runs[0]
    #expect(run.configuration.model.value(at: "mixers.0.d_state") == .int(8))
  }

  @Test(arguments: [
    ("training.lr=fast", "lr: \"fast\" is not allowed"), ("training.lr", "SECTION.KEY=VALUE"),
    ("training.lr=", "SECTION.KEY=VALUE"), ("train.lr=1", "the nearest is training"),
    ("training.learning_rate=1", "the nearest is lr"), ("training=1", "training.KEY=VALUE"),
    ("seed.x=1", "seed=VALUE"), ("model.window_size=3", "no row has a model with this key"),
    ("model.n_pairs=3", "allowed: a key of model; n_pairs is a key of task"),
    ("model.seq_len=3", "task has sequence_length"), ("task.lr=3", "lr is a key of training"),
    ("training.d_state=3", "d_state is a key of model"),
    ("training.steps=3", "in a stage: stages: [{steps: 3}]"),
    ("lr=1e-2", "SECTION.KEY=VALUE: training.lr=1e-2"),
    ("seq_len=32", "SECTION.KEY=VALUE: task.sequence_length=32"),
    ("learning_rate=1", "SECTION.KEY=VALUE: training.lr=1"), ("sed=1", "the nearest is seed"),
    ("task.n_pairs=17", "n_pairs: 17"), ("model.mixers.0.d_state=3", "no row has a model"),
  ])
  func wrongOverridesAreNamed(override: String, words: String) {
    let error = #expect(throws: ConfigurationError.self) { try experiment(override) }
    let text = error?.description ?? ""
    #expect(text.hasPrefix("argument \(override): "), "\(text)")
    #expect(text.contains(words), "\(text)")
  }
}
