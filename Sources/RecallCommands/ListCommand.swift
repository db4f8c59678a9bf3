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
        recall list recipes      how models are trained where a file does not say
        recall list match        how `match:` makes models equal
        recall list experiments  the questions in tasks/
      """)

  enum Topic: String, CaseIterable, ExpressibleByArgument {
    case mixers, tasks, training, recipes, match, charts, experiments
  }

  @Argument(help: "What to show (\(Topic.allCases.map(\.rawValue).joined(separator: ", "))).")
  var topics: [Topic] = Topic.allCases

  @Option(help: "The folder of experiments.")
  var directory: String?

  func run() throws {
    for topic in topics {
      print(topic.rawValue.uppercased())
      switch topic {
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

  private func listMixers() {
    let shape = ModelShape()
    /// The keys of every model that have other defaults in models with such a mixer.
    func help(_ defaults: ModelDefaults) -> [SettingHelp] {
      ModelShape(defaults).help.filter { shape.help(of: $0.name)?.value != $0.value }
    }
    show("every model", shape.help)
    for mixer in MixerCatalog.mixers {
      show("kind: \(mixer.kind)", mixer.init().help + help(mixer.modelDefaults))
    }
    show("kind: \(ModelConfiguration.hybridKind)", [ModelConfiguration.mixersHelp] + help(.zoology))
  }

  private func listTasks() {
    for task in TaskCatalog.tasks {
      show("kind: \(task.kind): \(task.question)", task.init().help)
    }
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
