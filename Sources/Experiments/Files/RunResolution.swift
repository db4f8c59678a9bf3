import Models
import RecallTasks
import Support
import Training

extension Sweep.Point {
  /// The configuration of this point, checked. Throws `ConfigurationError` at the value that is wrong.
  func configuration() throws -> RunConfiguration {
    let training = node["training"] ?? ConfigurationNode(.group([]), at: node.mark)
    let task = try section("task")
    let model = try section("model")
    let settings = try training.locating { try TrainingSettings.decode(training.values) }
    let taskConfiguration = try task.locating {
      let configuration = try TaskConfiguration(task.values)
      try configuration.validate()
      return configuration
    }
    try checkSegments(training["segments"], settings.stages, taskConfiguration)
    try checkTasks(training["evaluation_tasks"], replacing: taskConfiguration, besides: [])
    try training.locating { try settings.validate() }
    let seed = try node["seed"]?.integer("seed", atLeast: 0) ?? 0
    return try model.locating {
      try RunConfiguration(
        model: ModelConfiguration(model.values), task: taskConfiguration, training: settings,
        seed: UInt64(seed))
    }
  }

  private func section(_ name: String) throws -> ConfigurationNode {
    if let section = node[name] { return section }
    throw ConfigurationError(node.mark, "\(name): missing; every run needs a \(name) with a kind")
  }

  private func checkSegments(
    _ list: ConfigurationNode?, _ segments: [TrainingStage], _ task: TaskConfiguration
  ) throws {
    let ownKeys = TrainingStage.CodingKeys.allCases.map(\.rawValue)
    try checkTasks(list, replacing: task, besides: ownKeys)
    guard case .list(let entries)? = list?.content else { return }
    for (entry, segment) in zip(entries, segments) {
      do {
        try segment.validate()
      } catch {
        // Its key is the path from the training section.
        let key = error.key.split(separator: ".").last.map(String.init) ?? error.key
        throw entry.located(SettingsError(key, error.value, allowed: error.allowed))
      }
    }
  }

  /// Each entry replaces some of the task's values; a mistake is reported where it stands.
  private func checkTasks(
    _ list: ConfigurationNode?, replacing task: TaskConfiguration, besides keys: [String]
  ) throws {
    guard case .list(let entries)? = list?.content else { return }
    let known = try keys + task.task.settingValues.keys.sorted()
    for entry in entries {
      try entry.checkKeys("segments", known: known)
      let values = entry.removing(Set(keys)).values
      try entry.locating { try task.replacing(values).validate() }
    }
  }
}
