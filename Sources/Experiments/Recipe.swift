import Models
import RecallTasks
import Support

/// A named way to train, for files that do not say how: values of `training`, and of `model` where a mixer needs some.
/// Keys that the file writes itself keep their values.
///
/// A recipe says what holds for all. What a mixer needs besides stands with the mixer (`MixerSettings.recipe`), and the short
/// forms of a task with the task (`RecallTask.curriculum`). `Recipe.all` in Recipes.swift is the table of recipes.
public struct Recipe: Sendable {
  typealias Values = [String: SettingValue]

  /// What `recipe: NAME` says under `training`.
  public let name: String
  /// What it does, in one line.
  public let summary: String
  /// Values of `training` for every task and mixer.
  let training: Values
  /// Values of `model` for every mixer.
  let model: Values
  /// Kinds of the tasks that it knows.
  public var tasks: [String] {
    TaskCatalog.tasks.filter { $0.curriculum != nil }.map { $0.kind }.sorted()
  }

  /// The values of `training` and `model` for models with these mixers on a task, which is valid; nil if it does not know
  /// the task.
  func sections(
    _ task: TaskConfiguration, mixers kinds: [String]
  ) -> (training: Values, model: Values)? {
    guard let curriculum = type(of: task.task).curriculum else { return nil }
    var (training, model) = (training, model)
    let own = kinds.compactMap { MixerCatalog.mixer($0)?.recipe }
    let rates = zip(kinds, own).compactMap { kind, recipe in
      curriculum.rates[kind] ?? (recipe.training["lr"] ?? training["lr"]).flatMap(Double.init)
    }
    // What differs for a mixer may be the mixer's own keys, so a hybrid has none of it, but the lowest of the rates.
    if kinds.count == 1, let own = own.first {
      training.merge(own.training) { $1 }
      model.merge(own.model) { $1 }
    }
    training["lr"] = rates.min().map { .double($0) }
    training["stages"] = .array(stages(task, curriculum).map { .object($0) })
    return (training, model)
  }

  private func stages(_ task: TaskConfiguration, _ curriculum: Curriculum) -> [Values] {
    let early = curriculum.shortStages(of: task).enumerated().map { index, values in
      values.merging(index == 0 ? Self.firstStage : Self.middleStage) { $1 }
    }
    let steps = Self.lastSteps(tokens: task.task.sequenceLength)
    // A task that is as short as a first stage is one: it needs as many steps as that.
    let first =
      early.isEmpty && curriculum.hasShortForms
      ? [curriculum.always.merging(Self.firstStage) { $1 }] : early
    return first + [curriculum.always.merging(["steps": .int(steps)]) { $1 }]
  }
}

extension Double {
  fileprivate init?(_ value: SettingValue) {
    guard let number = try? Double(setting: value) else { return nil }
    self = number
  }
}
