import Support

/// How training reaches a task by way of short forms of it. Recipes make stages of it (`recall list recipes`).
public struct Curriculum: Sendable {
  public typealias Values = [String: SettingValue]

  /// The key that grows from stage to stage: `sequence_length`, or another for a task whose length follows from its keys.
  public let key: String
  /// Its value in the first stage, usually tokens; each further stage has twice as many, up to the task itself. The largest
  /// `Int` is for a task without short forms.
  public let shortest: Int
  /// The task's keys that differ in every stage, the last one included.
  public let always: Values
  /// Learning rates by the mixer's kind, where the mixer's own is not the one that learns this task.
  public let rates: [String: Double]
  /// Sizes at which small models learn the task within a minute or two, for a first experiment.
  public let firstSizes: KeyValuePairs<String, Int>
  /// The task's other keys that differ in a stage where `key` is `length`. `task` has the values of the task that is
  /// trained.
  public let stage: @Sendable (_ task: Sizes, _ length: Int) -> Values

  public init(
    by key: String = "sequence_length", shortest: Int, always: Values = [:],
    rates: [String: Double] = [:], firstSizes: KeyValuePairs<String, Int>,
    stage: @escaping @Sendable (_ task: Sizes, _ length: Int) -> Values = { _, _ in [:] }
  ) {
    (self.key, self.shortest) = (key, shortest)
    (self.always, self.rates) = (always, rates)
    self.firstSizes = firstSizes
    self.stage = stage
  }

  /// For tasks of pairs and as many queries, each in a slot of two tokens.
  static func ofPairs(always: Values = [:]) -> Curriculum {
    Curriculum(
      shortest: 16, always: always,
      firstSizes: ["sequence_length": 64, "n_pairs": 4, "vocab_size": 256]
    ) { task, length in
      ["n_pairs": .int(max(1, min(task["n_pairs"], length / 4)))]
    }
  }

  /// The values of a task. Reading a key that is not one of the task's integers traps.
  public struct Sizes {
    let values: Values

    public subscript(key: String) -> Int {
      guard case .int(let number)? = values[key] else {
        preconditionFailure("\(key): the task has no such integer")
      }
      return number
    }
  }

  /// Whether there are short forms of the task at all; its own length may still be the shortest.
  public var hasShortForms: Bool { shortest < .max }

  /// The short stages of a task, from the shortest on, each as the keys that differ from the task; without the task
  /// itself. A length that the task cannot have is left out.
  public func shortStages(of task: TaskConfiguration) -> [Values] {
    let sizes = Sizes(values: task.task.settingValues)
    let lengths = sequence(first: shortest) { 2 * $0 }.prefix { $0 < sizes[key] }
    return lengths.map { length in
      always.merging(stage(sizes, length)) { $1 }.merging([key: .int(length)]) { $1 }
    }
    .filter { values in (try? task.replacing(values).validate()) != nil }
  }
}
