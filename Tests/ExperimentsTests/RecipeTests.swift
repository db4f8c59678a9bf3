import Experiments
import Models
import RecallTasks
import Support
import Testing
import Training

@Suite struct RecipeTests {
  private static let task = "task: {kind: mqar, sequence_length: 64, n_pairs: 4, vocab_size: 256}\n"

  private func run(_ yaml: String) throws -> Experiment.Run {
    try #require(Experiment(yaml: yaml, file: "x.yaml").runs.first)
  }

  @Test func aFileThatSaysNothingOnTrainingGetsShortSequencesFirst() throws {
    for (kind, rate) in [("ssd", 2e-2), ("mamba", 3e-2), ("attention", 1e-2)] {
      let run = try run(Self.task + "model: {kind: \(kind)}\n")
      let training = run.configuration.training
      #expect(run.recipe?.name == "short_first" && run.recipe?.isNamed == false)
      #expect(training.learningRate == rate)
      #expect(training.freshExamples && training.maximumGradientNorm == 1)
      let lengths = training.stages.map { $0.task["sequence_length"] }
      #expect(lengths == [.int(16), .int(32), nil])
      #expect(training.stages.map { $0.task["n_pairs"] } == [.int(4), .int(4), nil])
      #expect(training.stages.allSatisfy { $0.task["power_a"] == .int(1) })
      #expect(training.stages.map(\.steps) == [2000, 400, 600])
      #expect(training.stages.map(\.untilAccuracy) == [0.9, 0.9, 1])
      #expect(run.configuration.model.shape.embeddingDropout == 0)
    }
  }

  @Test func attentionGetsPositionsAndInitialSizes() throws {
    let model = try run(Self.task + "model: {kind: attention, position_std: 0.3}\n")
      .configuration.model
    #expect(model.shape.positionEmbedding == .sinusoidal)
    #expect(model.shape.positionStd == 0.3)
    #expect(model.values["projection_init_std"] == .double(0.15))
    #expect(model.values["dropout"] == .double(0))
  }

  @Test func aKeyOfTrainingMeansPlainDefaults() throws {
    for training in ["{lr: 1e-3}", "{recipe: none}", "{recipe: none, lr: 1e-3}"] {
      let run = try run(Self.task + "model: {kind: ssd}\ntraining: \(training)\n")
      #expect(run.configuration.training == TrainingSettings())
      #expect(run.recipe == nil)
    }
    #expect(try run(Self.task + "model: {kind: ssd}\ntraining: {}\n").recipe != nil)
  }

  @Test func keysBesideANamedRecipeStay() throws {
    let experiment = try Experiment(
      yaml: Self.task + """
        training: {recipe: short_first, lr: [1e-3, 2e-3], clip: 2}
        rows:
          - {label: a, model: {kind: ssd}}
          - {label: b, model: {kind: attention}, training: {stages: [{steps: 7}]}}
        """, file: "x.yaml")
    #expect(experiment.runs.map(\.configuration.training.learningRate) == [1e-3, 2e-3, 1e-3, 2e-3])
    #expect(experiment.runs.map(\.configuration.training.stages.count) == [3, 3, 1, 1])
    #expect(experiment.runs.allSatisfy { $0.configuration.training.maximumGradientNorm == 2 })
    #expect(experiment.runs.allSatisfy { $0.configuration.training.batchTokens == 2048 })
    #expect(experiment.runs.allSatisfy { $0.recipe?.isNamed == true })
  }

  @Test func stagesFollowTheTasksSize() throws {
    func stages(_ sizes: String) throws -> [[Int]] {
      let stages = try run("task: {kind: mqar, \(sizes)}\nmodel: {kind: ssd}\n")
        .configuration.training.stages
      return stages.map { stage in
        ["sequence_length", "n_pairs"].compactMap { key in
          if case .int(let number)? = stage.task[key] { number } else { nil }
        } + [stage.steps]
      }
    }
    // As many steps as in the first stage of a longer task.
    #expect(try stages("sequence_length: 8, n_pairs: 2") == [[2000], [600]])
    #expect(try stages("sequence_length: 16, n_pairs: 4") == [[2000], [600]])
    #expect(
      try stages("sequence_length: 128, n_pairs: 32") == [
        [16, 4, 2000], [32, 8, 400], [64, 16, 400], [800],
      ])
    #expect(
      try stages("sequence_length: 100, n_pairs: 2") == [
        [16, 2, 2000], [32, 2, 400], [64, 2, 400], [800],
      ])
    // Sixteen tokens are too few for eight passes.
    #expect(
      try stages("sequence_length: 64, n_pairs: 3, num_passes: 8") == [[32, 1, 2000], [600]])
  }

  @Test func aHybridTakesItsMixersLowestRate() throws {
    let run = try run(
      Self.task + "model: {kind: hybrid, mixers: [{kind: ssd}, {kind: attention}]}\n")
    #expect(run.configuration.training.learningRate == 1e-2)
    #expect(run.configuration.training.stages.count == 3)
    #expect(run.configuration.model.shape.positionEmbedding == .none)
  }

  @Test func aTaskThatNoRecipeKnowsGetsPlainDefaults() throws {
    let task = "task: {kind: set_disjointness}\nmodel: {kind: ssd}\n"
    #expect(try run(task).configuration.training == TrainingSettings())
    #expect(throws: ConfigurationError.self) { try run(task + "training: {recipe: short_first}\n") }
  }

  /// A task may need another rate than the mixer's own, and another size than the length may grow.
  @Test func tasksHaveTheirOwnRatesAndStages() throws {
    func training(_ task: String, _ mixer: String) throws -> TrainingSettings {
      try run("task: {kind: \(task)}\nmodel: {kind: \(mixer)}\n").configuration.training
    }
    #expect(try training("noisy_recall, sequence_length: 64", "attention").learningRate == 3e-3)
    #expect(try training("noisy_recall, sequence_length: 64", "ssd").learningRate == 2e-2)
    let entries = try training("phonebook, n_entries: 8", "ssd").stages
    #expect(entries.map { $0.task["n_entries"] } == [.int(2), .int(4), nil])
    let strings = try training("copying, sequence_length: 64, n_min: 3, n_max: 12", "ssd").stages
    #expect(strings.map { $0.task["n_max"] } == [.int(6), .int(12), nil])
    #expect(try training("memorization", "ssd").stages.map(\.steps) == [600])
  }

  @Test func unknownRecipesAreNamedWhereTheyStand() {
    for recipe in ["short", "[short_first, none]", "3"] {
      let error = #expect(throws: ConfigurationError.self) {
        try run(Self.task + "model: {kind: ssd}\ntraining: {recipe: \(recipe)}\n")
      }
      #expect(error?.mark.line == 3)
      #expect(error?.message.contains("short_first, none") == true)
    }
  }

  /// Every recipe fits every mixer, and every task that it knows, with its defaults.
  @Test func recipesFitEveryMixerAndTheirTasks() throws {
    for recipe in Recipe.all {
      for task in recipe.tasks {
        let isSafe = try TaskCatalog.task(task).init().isSafeInBothDirections
        for mixer in MixerCatalog.mixers.filter({ isSafe || $0.init().isCausal }).map({ $0.kind }) {
          let run = try run(
            "task: {kind: \(task)}\nmodel: {kind: \(mixer)}\ntraining: {recipe: \(recipe.name)}\n")
          #expect(run.recipe?.values["training.lr"] != nil)
        }
      }
    }
    #expect(Set(Recipe.mixersWithoutLookup).isSubset(of: MixerCatalog.kinds))
  }

  /// The values that a recipe fills in, written into a file, make the same run.
  @Test func aRecipeWrittenOutIsTheSameRun() throws {
    let short = try run(Self.task + "model: {kind: attention}\n")
    let values = try #require(short.recipe?.values)
    func section(_ name: String) -> String {
      let own = values.filter { $0.key.hasPrefix("\(name).") }
      return own.map { "\($0.key.dropFirst(name.count + 1)): \($0.value)" }.joined(separator: ", ")
    }
    let long = try run(
      Self.task + "model: {kind: attention, \(section("model"))}\n"
        + "training: {\(section("training"))}\n")
    #expect(long.hash == short.hash && long.recipe == nil)
  }
}
