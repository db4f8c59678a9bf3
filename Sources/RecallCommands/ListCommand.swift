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
        listKind(topic)
        print()
        continue
      }
      print(topic.uppercased())
      switch section {
      case .mixers: listMixers()
      case .tasks: listTasks()
      case .training: show("training", TrainingSettings().help + [Recipe.help])
      case .recipes: print(RecipeList.text)
      case .match: show("match", MatchSettings().help)
      case .charts: listCharts()
      case .experiments: try listExperiments()
      }
      print()
    }
  }

  /// One mixer or task.
  private func listKind(_ kind: String) {
    if let task = TaskCatalog.tasks.first(where: { $0.kind == kind }) { return list(task) }
    if let mixer = MixerCatalog.mixer(kind) { return list(mixer) }
    listHybrid()
  }

  private func listMixers() {
    show("every model", ModelShape().help)
    for mixer in MixerCatalog.mixers { list(mixer) }
    listHybrid()
    print(
      "  Without look-up by content: \(Recipe.mixersWithoutLookup.joined(separator: ", ")); see recall list recipes."
    )
  }

  private func list(_ mixer: any MixerSettings.Type) {
    show("kind: \(mixer.kind)", mixer.init().help + help(mixer.modelDefaults))
  }

  private func listHybrid() {
    show("kind: \(ModelConfiguration.hybridKind)", [ModelConfiguration.mixersHelp] + help(.zoology))
  }

  /// The keys of every model that have other defaults in models with such a mixer.
  private func help(_ defaults: ModelDefaults) -> [SettingHelp] {
    let shape = ModelShape()
    return ModelShape(defaults).help.filter { shape.help(of: $0.name)?.value != $0.value }
  }

  private func listTasks() {
    for task in TaskCatalog.tasks { list(task) }
  }

  private func list(_ task: any RecallTask.Type) {
    show("kind: \(task.kind): \(task.question)", task.init().help)
  }

  private func listCharts() {
    for kind in ChartKind.allCases { print("  \(kind.name)\n      \(kind.summary)") }
  }

  private func listExperiments() throws {
    let folder =
      directory
      ?? (try? ProjectFolder.find().appendingPathComponent("tasks").path) ?? "tasks"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names.sorted() where name.hasSuffix(".yaml") {
      do {
        let experiment = try Experiment(contentsOf: "\(folder)/\(name)")
        let time = experiment.expectedTime.map { ", about \($0)" } ?? ""
        print("  \(name): \(experiment.count) runs\(time)")
        if !experiment.question.isEmpty { print("      \(experiment.question)") }
      } catch {
        print("  \(name): \(error)")
      }
    }
  }

  private func show(_ title: String, _ keys: [SettingHelp]) {
    print("  \(title)")
    for line in settingLines(keys) { print("    \(line)") }
  }
}
