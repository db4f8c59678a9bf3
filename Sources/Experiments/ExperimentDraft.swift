import Models
import RecallTasks
import Support

/// The text of a first experiment on a task, with comments for its author.
public struct ExperimentDraft {
  /// The tasks that a recipe knows.
  public static var tasks: [String] { Recipe.all.flatMap(\.tasks).distinct }

  public let text: String

  /// Throws `SettingsError` for a task without a recipe, and for an unknown mixer.
  ///
  /// - Parameters:
  ///   - name: of the experiment.
  ///   - file: where the text will stand.
  ///   - task: its kind.
  ///   - mixers: their kinds; none is SSD, or Hydra for a task whose answers may stand after their questions.
  public init(
    name: String, file: String, task: String, mixers: [String]
  ) throws(SettingsError) {
    guard Self.tasks.contains(task) else {
      throw SettingsError(
        "--task", task,
        allowed: Self.tasks.joined(separator: ", ") + nearestText(to: task, in: Self.tasks))
    }
    for mixer in mixers where !MixerCatalog.kinds.contains(mixer) {
      throw SettingsError(
        "--mixer", mixer,
        allowed: MixerCatalog.kinds.joined(separator: ", ")
          + nearestText(to: mixer, in: MixerCatalog.kinds))
    }
    let task = try TaskCatalog.task(task)
    let mixers = mixers.isEmpty ? [task.answersFromBothSides ? "hydra" : "ssd"] : mixers
    let run = "recall run \(shellPath(file))"
    if !task.init().isSafeInBothDirections,
      let ahead = mixers.first(where: { MixerCatalog.mixer($0)?.init().isCausal == false })
    {
      throw SettingsError(
        "--mixer", ahead,
        allowed: "mixers that see no later tokens, as \(task.kind) has its answers among these")
    }
    let sizes = (task.curriculum?.firstSizes ?? [:]).map { ", \($0): \($1)" }.joined()
    let rows = mixers.distinct.map { kind in
      let state = MixerCatalog.mixer(kind).flatMap { Self.states($0, modelDimension: 64) }
      let label = state.map { "\(kind) \($0.key)={\($0.key)}" } ?? kind
      let states = state.map { ", \($0.key): \($0.values)" } ?? ""
      return "  - {label: \"\(label)\", model: {kind: \(kind)\(states)}}\n"
    }
    let blind = mixers.filter(Recipe.mixersWithoutLookup.contains).distinct
    let withoutLookup =
      blind.isEmpty
      ? ""
      : "\n# \(blind.joined(separator: ", ")): no lookup by content, so little recall is to be expected."
    text = """
      # \(task.question.prefix(1).uppercased())\(task.question.dropFirst())
      # Run it:          \(run)
      # What would run:  \(run) --plan
      # All keys:        recall list \(task.kind) \(mixers.distinct.joined(separator: " ")), recall list training
      experiment: \(name)
      question: >
        \(task.question.prefix(1).uppercased())\(task.question.dropFirst())

      # The task; keys that are left out have the defaults that recall list \(task.kind) shows.
      task: {kind: \(task.kind)\(sizes)}

      # What all models share. More layers and a larger d_model learn more, and take longer.
      model: {d_model: 64, n_layers: 2}

      # Nothing is said on training, so the recipe of this task is used (recall list recipes; --plan shows it). To change
      # some of it:
      # training: {recipe: \(Recipe.all[0].name), lr: [1e-2, 2e-2]}
      # Not every mixer learns every task with it: docs/it-does-not-learn.md has what they reach.\(withoutLookup)

      # Every model is trained with each of these seeds; three show how much they differ.
      seed: [0]

      # A line of the table for each model. A list, such as d_state: [4, 16], makes one for each value.
      rows:

      """ + rows.joined() + """

        # recall list charts shows the others.
        chart: accuracy-against-state

        """
  }

  /// Two values of the key that sizes the mixer's state: a sixteenth of its default, to show what a small state costs, and the default.
  private static func states(
    _ mixer: any MixerSettings.Type, modelDimension: Int
  ) -> (key: String, values: String)? {
    let settings = mixer.init()
    guard let key = mixer.stateKey, let value = settings.help(of: key)?.value,
      let usual = try? Double(setting: value)
    else { return nil }
    // A default of 0 follows from other keys, such as a head's width from the number of heads.
    let largest = usual > 0 ? usual : Double(modelDimension) / 2
    let allowed = settings.stateValues(modelDimension: modelDimension).filter { $0 <= largest }
    guard let small = allowed.last(where: { $0 <= largest / 16 }) ?? allowed.first, small < largest
    else { return nil }
    let values = [small, largest].map { SettingValue.double($0).plainText }
    return (key, "[\(values.joined(separator: ", "))]")
  }
}
