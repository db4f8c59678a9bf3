import Models
import RecallTasks
import Support

/// Everything that decides a run's result; its canonical JSON is hashed to name the run's record.
///
/// It is written as JSON: {"model": {…}, "seed": 0, "task": {…}, "training": {…}}; model and task are flat, with a `kind`.
public struct RunConfiguration: Codable, Hashable, Sendable {
  /// The model, with its vocabulary size and maximum length.
  public var model: ModelConfiguration
  /// The task as tested. Training stages replace some of its values.
  public var task: TaskConfiguration
  /// How the model is trained and scored.
  public var training: TrainingSettings
  /// Seeds the random streams of data, initial weights, order and dropout.
  public var seed: UInt64

  /// Checks all parts, and that they fit together. Fills in what the model takes from the tasks, `vocab_size` and
  /// `max_length`, where they are 0. Throws `SettingsError`.
  public init(
    model: ModelConfiguration, task: TaskConfiguration, training: TrainingSettings, seed: UInt64
  ) throws {
    self.model = model
    self.task = task
    self.training = training
    self.seed = seed
    try training.validate()
    for (index, stage) in training.stages.enumerated() {
      self.training.stages[index].task = try task.task.recordValues(of: stage.task)
    }
    self.training.evaluationTasks = try training.evaluationTasks.map {
      try task.task.recordValues(of: $0)
    }
    let tasks = try [task] + trainingTasks + evaluationTasks
    for task in tasks { try task.task.validate() }
    try resolve(
      \.vocabularySize, "vocab_size", atLeast: tasks.map(\.task.vocabularySize).max()!,
      for: "vocabulary")
    try resolve(
      \.maximumLength, "max_length", atLeast: tasks.map(\.task.sequenceLength).max()!,
      for: "sequence length")
  }

  private mutating func resolve(
    _ property: WritableKeyPath<ModelShape, Int>, _ key: String,
    atLeast needed: Int, for what: String
  ) throws {
    let value = model.shape[keyPath: property]
    if value == 0 {
      model.shape[keyPath: property] = needed
    } else if value < needed {
      throw SettingsError(key, value, allowed: "at least the tasks' \(what) = \(needed)")
    }
  }

  /// The task of each training stage.
  package var trainingTasks: [TaskConfiguration] {
    get throws { try training.stages.map { try task.replacing($0.task) } }
  }

  /// The tasks that are scored.
  package var evaluationTasks: [TaskConfiguration] {
    get throws {
      training.evaluationTasks.isEmpty
        ? [task] : try training.evaluationTasks.map { try task.replacing($0) }
    }
  }

  /// The task with an eighth, a quarter, half and three quarters of its pairs, as far as it allows them; none where
  /// difficulty is not a number of pairs, and where `evaluation_tasks` says what is scored.
  package var tasksWithFewerPairs: [TaskConfiguration] {
    let difficulty = task.task.difficulty
    guard training.evaluationTasks.isEmpty, difficulty.name == "n_pairs" else { return [] }
    return Set([1, 2, 4, 6].map { $0 * difficulty.value / 8 }).sorted().compactMap { pairs in
      guard pairs > 0, let fewer = try? task.replacing([difficulty.name: .int(pairs)]),
        (try? fewer.validate()) != nil
      else { return nil }
      return fewer
    }
  }

  /// The same with defaults for keys that change neither the arithmetic of a run nor its memory.
  package var withDefaultOptimizer: RunConfiguration {
    let defaults = TrainingSettings()
    var same = self
    same.training.learningRate = defaults.learningRate
    same.training.schedule = defaults.schedule
    same.training.warmupSteps = defaults.warmupSteps
    same.training.weightDecay = defaults.weightDecay
    same.training.decayedParameters = defaults.decayedParameters
    (same.training.beta1, same.training.beta2) = (defaults.beta1, defaults.beta2)
    same.training.epsilon = defaults.epsilon
    same.training.maximumGradientNorm = defaults.maximumGradientNorm
    same.training.earlyStopAccuracy = defaults.earlyStopAccuracy
    return same
  }
}
