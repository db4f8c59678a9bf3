import ArgumentParser
import Charts
import Experiments
import Foundation
import Models
import PlotFiles
import RecallTasks
import Reports
import Support
import Training

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists what an experiment's file can contain, with parameters and their defaults.",
    discussion: """
      EXAMPLES
        recall list              everything
        recall list mixers       what `model:` takes
        recall list mqar ssd     one task, one mixer
        recall list recipes      how models are trained where a file does not say
        recall list match        how `match:` makes models equal
        recall list experiments  the questions in tasks/
      """)

  enum Topic: String, CaseIterable {
    case mixers, tasks, training, recipes, match, charts, experiments
  }

  @Argument(
    help: """
      What to show: \(Topic.allCases.map(\.rawValue).joined(separator: ", ")), or a mixer or a task such as \
      ssd or mqar (default: all).
      """)
  var topics: [String] = []

  @Option(help: "The folder of experiments.")
  var directory: String?

  func validate() throws {
    let known = Topic.allCases.map(\.rawValue) + kinds
    for topic in topics where !known.contains(topic) {
      let nearest = nearestText(to: topic, in: known)
      throw ValidationError(
        "\(topic) is not a topic\(nearest); there are \(known.joined(separator: ", ")).")
    }
  }

  private var kinds: [String] {
    MixerCatalog.kinds + [ModelConfiguration.hybridKind] + TaskCatalog.kinds
  }

  func run() throws {
    for topic in topics.isEmpty ? Topic.allCases.map(\.rawValue) : topics {
      guard let section = Topic(rawValue: topic) else {
        try listKind(topic)
        try Terminal.print()
        continue
      }
      try Terminal.print(topic.uppercased())
      switch section {
      case .mixers: try listMixers()
      case .tasks: try listTasks()
      case .training: try show("training", TrainingSettings().help + [Recipe.help])
      case .recipes: try Terminal.print(RecipeList.text)
      case .match: try show("match", MatchSettings().help)
      case .charts: try listCharts()
      case .experiments: try listExperiments()
      }
      try Terminal.print()
    }
  }

  /// One mixer or task.
  private func listKind(_ kind: String) throws {
    if let task = TaskCatalog.tasks.first(where: { $0.kind == kind }) { return try list(task) }
    if let mixer = MixerCatalog.mixer(kind) { return try list(mixer) }
    try listHybrid()
  }

  private func listMixers() throws {
    try show("every model", ModelShape().help)
    for mixer in MixerCatalog.mixers { try list(mixer) }
    try listHybrid()
    try Terminal.print(
      "  Without look-up by content: \(Recipe.mixersWithoutLookup.joined(separator: ", ")); see recall list recipes."
    )
  }

  private func list(_ mixer: any MixerSettings.Type) throws {
    try show("kind: \(mixer.kind)", mixer.init().help + help(mixer.modelDefaults))
  }

  private func listHybrid() throws {
    try show(
      "kind: \(ModelConfiguration.hybridKind)", [ModelConfiguration.mixersHelp] + help(.zoology))
  }

  /// The keys of every model that have other defaults in models with such a mixer.
  private func help(_ defaults: ModelDefaults) -> [SettingHelp] {
    let shape = ModelShape()
    return ModelShape(defaults).help.filter { shape.help(of: $0.name)?.value != $0.value }
  }

  private func listTasks() throws {
    for task in TaskCatalog.tasks { try list(task) }
  }

  private func list(_ task: any RecallTask.Type) throws {
    try show("kind: \(task.kind): \(task.question)", task.init().help)
  }

  private func listCharts() throws {
    for kind in ChartKind.allCases { try Terminal.print("  \(kind.name)\n      \(kind.summary)") }
  }

  private func listExperiments() throws {
    let folder =
      directory
      ?? (try? ProjectFolder.find().appendingPathComponent("tasks").path) ?? "tasks"
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      guard let directory else { return }
      throw SettingsError("--directory", directory, allowed: "a folder that can be read")
    }
    for name in names.sorted() where name.hasSuffix(".yaml") {
      do {
        let experiment = try Experiment(contentsOf: "\(folder)/\(name)")
        let time = experiment.expectedTime.map { ", about \($0)" } ?? ""
        try Terminal.print("  \(name): \(experiment.count) runs\(time)")
        if !experiment.question.isEmpty { try Terminal.print("      \(experiment.question)") }
      } catch {
        try Terminal.print("  \(name): \(error)")
      }
    }
  }

  private func show(_ title: String, _ keys: [SettingHelp]) throws {
    try Terminal.print("  \(title)")
    for line in settingLines(keys) { try Terminal.print("    \(line)") }
  }
}
