import Models
import RecallTasks
import Support
import Training

extension Sweep.Point {
  /// The checked configuration of this point. Throws `ConfigurationError` with the position of a wrong value.
  func configuration() throws -> RunConfiguration {
    let training = node["training"] ?? ConfigurationNode(.group([]), at: node.mark)
    let task = try section("task")
    let model = try section("model")
    try checkNoStageKeys(training)
    for (name, group) in [("training", training), ("task", task), ("model", model)] {
      try SettingSections.checkPlaces(group, in: name)
    }
    try training.checkKeys(
      "training", known: TrainingSettings.names + [Recipe.key], oldNames: TrainingSettings.oldNames)
    let settings = try training.locating { try TrainingSettings.decode(training.values) }
      .readingFiles(of: training)
    let taskConfiguration = try task.locating {
      let configuration = try TaskConfiguration(task.values)
      try configuration.validate()
      return configuration
    }
    try checkTasks(training, "stages", taskConfiguration, besides: TrainingStage.keys.map(\.name))
    try checkTasks(training, "evaluation_tasks", taskConfiguration)
    try training.locating { try settings.validate() }
    let seed = try node["seed"]?.integer("seed", atLeast: 0) ?? 0
    let run = try model.locating {
      try RunConfiguration(
        model: ModelConfiguration(model.values), task: taskConfiguration, training: settings,
        seed: UInt64(seed))
    }
    try run.checkFiles(of: training)
    if run.model.isCausal { return run }
    try task.locating {
      for one in try [taskConfiguration] + run.trainingTasks + run.evaluationTasks {
        try run.model.checkDirections(on: one)
      }
    }
    return run
  }

  private func section(_ name: String) throws -> ConfigurationNode {
    if let section = node[name] { return section }
    throw ConfigurationError(node.mark, "\(name): missing; every run needs a \(name) with a kind")
  }

  /// Keys of a stage, such as `steps`, are often meant for all of training.
  private func checkNoStageKeys(_ training: ConfigurationNode) throws {
    let stageKeys = Set(TrainingStage.keys.map(\.name))
    guard let entry = training.entries.first(where: { stageKeys.contains($0.key) }) else { return }
    throw ConfigurationError(
      entry.mark,
      SettingsError(
        entry.written, entry.node.value,
        allowed: "in a stage: stages: [{\(entry.written): \(entry.node.value)}]"
      ).description)
  }

  /// Checks the list `key`, whose entries replace some of the task's values. Errors have the entry's position.
  private func checkTasks(
    _ training: ConfigurationNode, _ key: String, _ task: TaskConfiguration,
    besides own: [String] = []
  ) throws {
    guard let list = training.entry(key), case .list(let entries) = list.node.content else {
      return
    }
    let type = type(of: task.task)
    for entry in entries {
      try entry.checkKeys(list.written, known: own + type.names, oldNames: type.oldNames)
      let values = entry.removing(Set(own)).values
      try entry.locating { try task.replacing(values).validate() }
    }
  }
}
