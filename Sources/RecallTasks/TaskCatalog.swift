import Support

/// Every task by its name in YAML.
public enum TaskCatalog {
  public static let tasks: [any RecallTask.Type] = [
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
  ]

  public static var kinds: [String] { tasks.map { $0.kind } }

  /// The task of a name. Throws a `SettingsError` of the key `kind` that names the nearest one.
  public static func task(_ kind: String) throws(SettingsError) -> any RecallTask.Type {
    if let task = tasks.first(where: { $0.kind == kind }) { return task }
    let nearest = nearestName(to: kind, in: kinds) ?? ""
    throw SettingsError(
      "kind", kind,
      allowed: "a task, the nearest is \(nearest) (known: \(kinds.joined(separator: ", ")))")
  }
}
