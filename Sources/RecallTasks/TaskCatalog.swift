import Support
import Synchronization

/// Every task by its name in YAML.
public enum TaskCatalog {
  /// The tasks of this package, one for each file of Tasks/.
  package static let builtIn: [any RecallTask.Type] = [
    MQAR.self,
    Copying.self,
    NGramLookup.self,
    AssociativeRecall.self,
    InContextRecall.self,
    NoisyRecall.self,
    FuzzyRecall.self,
    OverwriteRecall.self,
    CompositionalRecall.self,
    InductionHeads.self,
    SelectiveCopying.self,
    Memorization.self,
    Phonebook.self,
    AnywhereMQAR.self,
    QueriesFirstMQAR.self,
    MaskedRecall.self,
    SetDisjointness.self,
  ]

  private static let registered = Mutex<[any RecallTask.Type]>([])

  /// Adds a task of another package, so that experiments, data files and commands know it by its `kind`.
  ///
  /// Any thread may call it, at best before the program starts its work. It traps if another task has this `kind`.
  public static func register(_ task: any RecallTask.Type) {
    registered.withLock { registered in
      guard let other = (builtIn + registered).first(where: { $0.kind == task.kind }) else {
        return registered.append(task)
      }
      precondition(other == task, "\(other) and \(task) are both tasks of kind \(task.kind)")
    }
  }

  /// The tasks of this package, then those that were registered.
  public static var tasks: [any RecallTask.Type] { builtIn + registered.withLock { $0 } }

  public static var kinds: [String] { tasks.map { $0.kind } }

  /// The task of a name. Throws a `SettingsError` of the key `kind` that names the nearest one.
  public static func task(_ kind: String) throws(SettingsError) -> any RecallTask.Type {
    if let task = tasks.first(where: { $0.kind == kind }) { return task }
    throw SettingsError(
      "kind", kind,
      allowed: "a task\(nearestText(to: kind, in: kinds)) (known: \(kinds.joined(separator: ", ")))"
    )
  }
}
