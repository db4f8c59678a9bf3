import Models
import RecallTasks
import Support

/// The text of a first experiment on a task, with comments for its author.
public struct ExperimentDraft {
  /// The tasks that a recipe knows.
  public static var tasks: [String] { Recipe.all.flatMap(\.tasks).distinct }

  public let text: String

  /// Throws `SettingsError` for a task without a recipe, and for an unknown mixer.
  public init(name: String, task: String, mixers: [String]) throws(SettingsError) {
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
    let rows = mixers.distinct.map { kind in
      let label = Self.states(kind).map { "\(kind) \($0.key)={\($0.key)}" } ?? kind
      let states = Self.states(kind).map { ", \($0.key): \($0.values)" } ?? ""
      return "  - {label: \"\(label)\", model: {kind: \(kind)\(states)}}\n"
    }
    text = """
      # \(task.question.prefix(1).uppercased())\(task.question.dropFirst())
      # Run it:          recall run \(name)
      # What would run:  recall run \(name) --plan
      # All keys:        recall list \(task.kind) \(mixers.distinct.joined(separator: " ")), recall list training
      experiment: \(name)
      question: >
        \(task.question.prefix(1).uppercased())\(task.question.dropFirst())

      # The task; keys that are left out have the defaults that recall list \(task.kind) shows.
      task: {kind: \(task.kind)\(Self.sizes[task.kind].map { ", \($0)" } ?? "")}

      # What all models share. More layers and a larger d_model learn more, and take longer.
      model: {d_model: 64, n_layers: 2}

      # Nothing is said on training, so the recipe of this task is used (recall list recipes; --plan shows it). To change
      # some of it:
      # training: {recipe: \(Recipe.all[0].name), lr: [1e-2, 2e-2]}

      # Every model is trained with each of these seeds; three show how much they differ.
      seed: [0]

      # A line of the table for each model. A list, such as d_state: [4, 16], makes one for each value.
      rows:

      """ + rows.joined() + """

        # recall list charts shows the others.
        chart: accuracy-against-state

        """
  }

  /// Sizes at which models learn within a minute or two.
  private static let sizes = [
    "mqar": "sequence_length: 64, n_pairs: 4, vocab_size: 256",
    "in_context_recall": "sequence_length: 64, vocab_size: 16",
  ]

  /// The key that sizes a mixer's state, with two values of it.
  private static func states(_ kind: String) -> (key: String, values: String)? {
    ["ssd", "mamba"].contains(kind) ? ("d_state", "[4, 16]") : nil
  }
}
