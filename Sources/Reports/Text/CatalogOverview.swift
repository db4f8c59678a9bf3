import Charts
import Experiments
import Models
import RecallTasks
import Storage
import Support
import Training

extension CatalogText {
  /// What there is, by name. `folder` holds the files of experiments; without one they are left out. Throws `FileError`
  /// if it cannot be read.
  public static func overview(experiments folder: String?) throws(FileError) -> [String] {
    let names = MixerCatalog.mixers.map { (name: $0.kind, isCausal: $0.init().isCausal) }
    var lines = ["MIXERS"]
    lines += list(
      "one direction", names.filter(\.isCausal).map(\.name) + [ModelConfiguration.hybridKind])
    lines += list("both directions", names.filter { !$0.isCausal }.map(\.name))
    lines += ["", "TASKS"]
    lines += alignedColumns(
      TaskCatalog.tasks.map { [$0.kind, $0.question] }, left: [0, 1]
    ).map { "  " + $0 }
    lines += ["", "TRAINING"]
    lines += list("keys", (TrainingSettings().help + [Recipe.help]).map(\.name))
    lines += list("recipes", Recipe.all.map(\.name) + [Recipe.noneName])
    lines += ["", "CHARTS"]
    lines += list("chart", ChartKind.allCases.filter(\.showsExperiments).map(\.name))
    lines += list(
      "drawn by other commands", ChartKind.allCases.filter { !$0.showsExperiments }.map(\.name))
    if let folder {
      lines += ["", "EXPERIMENTS"]
      lines += list(nil, try experimentNames(in: folder))
    }
    return lines + [
      "",
      "recall list NAME shows the keys of a mixer or a task, such as ssd or mqar;",
      "recall list TOPIC shows a part of this list with all keys:",
    ] + list(nil, Topic.allCases.map(\.rawValue)) + ["recall list all shows everything."]
  }

  /// Names with commas between them, in lines of up to 80 characters behind a title.
  private static func list(_ title: String?, _ names: [String]) -> [String] {
    let indent = "  " + (title.map { $0 + ": " } ?? "")
    var lines = [indent]
    for (index, name) in names.enumerated() {
      let text = name + (index == names.count - 1 ? "" : ", ")
      if lines[lines.count - 1].count + text.count > 80 {
        lines.append(String(repeating: " ", count: indent.count))
      }
      lines[lines.count - 1] += text
    }
    return lines.map { String($0.reversed().drop { $0 == " " }.reversed()) }
  }
}
