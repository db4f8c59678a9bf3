import ArgumentParser
import Charts
import Experiments
import Foundation
import Models
import PlotFiles
import RecallTasks
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
      print(topic.rawValue.uppercased())
      switch topic {
      case .mixers: try listMixers()
      case .tasks: try listTasks()
      case .training: show("training", try TrainingSettings().settingValues)
      case .match: show("match", MatchSettings.defaults)
      case .charts: listCharts()
      case .experiments: try listExperiments()
      }
      print()
    }
  }

  private func listMixers() throws {
    show("every model", try ModelConfiguration.Backbone().settingValues)
    for mixer in MixerCatalog.mixers {
      show("kind: \(mixer.kind)", try mixer.init().settingValues)
    }
  }

  private func listTasks() throws {
    for task in TaskCatalog.tasks {
      show("kind: \(task.kind): \(task.question)", try task.init().settingValues)
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

  private func show(_ title: String, _ values: [String: SettingValue]) {
    print("  \(title)")
    let width = values.keys.map(\.count).max() ?? 0
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      let name = key + String(repeating: " ", count: width - key.count)
      let text = value.description
      let padding = String(repeating: " ", count: max(0, 12 - text.count))
      print("    \(name)  \(text)\(padding)  \(Glossary.meaning(of: key) ?? "")")
    }
  }
}
