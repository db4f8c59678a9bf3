import ArgumentParser
import Experiments
import Foundation
import Models
import RecallTasks
import Reports
import Storage
import Support

struct NewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Writes an experiment of your own, with comments.",
    discussion: """
      The file says nothing on training, so recall takes a recipe for the task: recall list recipes. \
      docs/it-does-not-learn.md has what mixers reach with it. A file that is already there is not touched.

      EXAMPLES
        recall new mine
        recall new mine --mixer attention --mixer ssd
        recall new bindings --task in_context_recall --mixer mamba --output bindings.yaml
      """)

  @Argument(help: "The experiment's name: letters, digits, '-', '_', '.'.")
  var name: String

  @Option(
    help: "The task, one of: \(ExperimentDraft.tasks.joined(separator: ", ")).",
    completion: .list(ExperimentDraft.tasks))
  var task = "mqar"

  @Option(
    help:
      "A mixer (recall list mixers); may be given several times (default: ssd; hydra where answers may stand after their questions).",
    completion: .list(MixerCatalog.kinds)
  )
  var mixer: [String] = []

  @Option(
    name: [.customShort("o"), .long],
    help: "The file (default: tasks/NAME.yaml, or NAME.yaml where there is no folder tasks).")
  var output: String?

  func run() throws {
    guard Experiment.isName(name) else {
      throw SettingsError("NAME", "'\(name)'", allowed: Experiment.allowedName)
    }
    if let output { try OutputName.check("--output", output) }
    let path = output ?? Self.defaultPath(name)
    let draft = try ExperimentDraft(name: name, file: path, task: task, mixers: mixer)
    // Before anything is written.
    _ = try Experiment(yaml: draft.text, file: path)
    guard try AtomicFile.writeNew(Data(draft.text.utf8), to: URL(filePath: path)) else {
      throw FileError(URL(filePath: path), "is already there; choose another name or --output")
    }
    let run = recallCommand("run", path, runs: "runs")
    try Terminal.print("wrote \(path)\nwhat it does:  \(run) --plan\ntrain it:      \(run)")
  }

  private static func defaultPath(_ name: String) -> String {
    var isFolder: ObjCBool = false
    let hasTasks =
      FileManager.default.fileExists(atPath: "tasks", isDirectory: &isFolder) && isFolder.boolValue
    return (hasTasks ? "tasks/" : "") + name + ".yaml"
  }
}
