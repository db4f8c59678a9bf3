import Models
import RecallTasks
import Support

extension ModelConfiguration {
  /// Throws a `SettingsError` of the key `kind` for a task on which a model that sees later tokens could copy answers
  /// instead of recalling them.
  package func checkDirections(on task: TaskConfiguration) throws(SettingsError) {
    guard !isCausal, !task.task.isSafeInBothDirections else { return }
    let seeing = mixers.filter { !$0.isCausal }.map { type(of: $0).kind }.distinct
    let safe = TaskCatalog.tasks.filter { $0.init().isSafeInBothDirections }.map { $0.kind }
    throw SettingsError(
      "kind", type(of: task.task).kind,
      allowed: "a task without answers among the later inputs, because the model's "
        + "\(seeing.joined(separator: ", ")) sees these and could copy them (safe: "
        + "\(safe.joined(separator: ", ")))")
  }
}
