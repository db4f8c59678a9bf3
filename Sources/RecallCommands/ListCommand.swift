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
        recall list match        how `match:` makes models equal
        recall list experiments  the questions in tasks/
      """)

  enum Topic: String, CaseIterable, ExpressibleByArgument {
    case mixers, tasks, training, match, charts, experiments
  }

  @Argument(help: "What to show (\(Topic.allCases.map(\.rawValue).joined(separator: ", "))).")
  var topics: [Topic] = Topic.allCases

  @Option(help: "The folder of experiments.")
  var directory: String?

  func run() throws {
    for topic in topics {
      try Terminal.print(topic.rawValue.uppercased())
      switch topic {
      case .mixers: try listMixers()
      case .tasks: try listTasks()
      case .training: try show("training", TrainingSettings().help)
      case .match: try show("match", MatchSettings().help)
      case .charts: try listCharts()
      case .experiments: try listExperiments()
      }
      try Terminal.print()
    }
  }

  private func listMixers() throws {
    let shape = ModelShape()
    /// The keys of every model that have other defaults in models with such a mixer.
    func help(_ defaults: ModelDefaults) -> [SettingHelp] {
      ModelShape(defaults).help.filter { shape.help(of: $0.name)?.value != $0.value }
    }
    try show("every model", shape.help)
    for mixer in MixerCatalog.mixers {
      try show("kind: \(mixer.kind)", mixer.init().help + help(mixer.modelDefaults))
    }
    try show(
      "kind: \(ModelConfiguration.hybridKind)", [ModelConfiguration.mixersHelp] + help(.zoology))
  }

  private func listTasks() throws {
    for task in TaskCatalog.tasks {
      try show("kind: \(task.kind): \(task.question)", task.init().help)
    }
  }

  private func listCharts() throws {
    for kind in ChartKind.allCases { try Terminal.print("  \(kind.name)\n      \(kind.summary)") }
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
