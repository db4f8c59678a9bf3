import RecallTasks
import Support

/// A named way to train, for files that do not say how: values of `training`, and of `model` where a mixer needs some.
/// What the file writes itself stays.
///
/// `Recipe.all` in Recipes.swift is the table of them.
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
  /// What differs for models with a mixer of some kind.
  let mixers: [String: Exception]
  /// The stages of each task that it knows, by the task's kind.
  let curricula: [String: Curriculum]

  /// What differs from the rest of the recipe.
  struct Exception: Sendable {
    var training: Values = [:]
    var model: Values = [:]
  }

  /// Kinds of the tasks that it knows.
  public var tasks: [String] { curricula.keys.sorted() }

  /// Stages that begin with short sequences.
  struct Curriculum: Sendable {
    /// Tokens of the first stage; each further stage has twice as many, up to the task itself.
    let shortest: Int
    /// The task's keys that differ in a stage of so many tokens, besides `sequence_length`.
    var stage: @Sendable (_ task: Sizes, _ length: Int) -> Values = { _, _ in [:] }
    /// The task's keys that differ in every stage, the last one included.
    var always: Values = [:]
  }

  /// The task's values, of which stages are made.
  struct Sizes {
    let values: Values

    subscript(key: String) -> Int {
      guard case .int(let number)? = values[key] else {
        preconditionFailure("\(key): the task has no such integer")
      }
      return number
    }
  }

  /// The values of `training` and `model` for models with these mixers on a task, which is valid; nil if it does not know
  /// the task.
  func sections(_ task: TaskConfiguration, mixers kinds: [String]) -> Exception? {
    guard let curriculum = curricula[type(of: task.task).kind] else { return nil }
    var result = Exception(training: training, model: model)
    let rates = kinds.compactMap { mixers[$0]?.training["lr"] ?? training["lr"] }
      .compactMap(Double.init)
    // What differs for a mixer may be the mixer's own keys, so a hybrid has none of it, but the lowest of the rates.
    if kinds.count == 1, let own = mixers[kinds[0]] {
      result.training.merge(own.training) { $1 }
      result.model.merge(own.model) { $1 }
    }
    result.training["lr"] = rates.min().map { .double($0) }
    result.training["stages"] = .array(stages(task, curriculum).map { .object($0) })
    return result
  }

  private func stages(_ task: TaskConfiguration, _ curriculum: Curriculum) -> [Values] {
    let sizes = Sizes(values: task.task.settingValues)
    let longest = task.task.sequenceLength
    let lengths = sequence(first: curriculum.shortest) { 2 * $0 }.prefix { $0 < longest }
    let shorter = lengths.map { length in
      curriculum.always.merging(curriculum.stage(sizes, length)) { $1 }
        .merging(["sequence_length": .int(length)]) { $1 }
    }
    // A task with many passes, say, has no such short form.
    .filter { values in (try? task.replacing(values).validate()) != nil }
    let early = shorter.enumerated().map { index, values in
      values.merging(index == 0 ? Self.firstStage : Self.middleStage) { $1 }
    }
    let last = curriculum.always.merging(["steps": .int(Self.lastSteps(tokens: longest))]) { $1 }
    return early + [last]
  }
}

extension Double {
  fileprivate init?(_ value: SettingValue) {
    guard let number = try? Double(setting: value) else { return nil }
    self = number
  }
}
