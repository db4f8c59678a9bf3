import Charts
import Experiments
import Foundation
import Models
import RecallTasks
import Storage
import Support
import Training

/// What `recall list` says: everything that an experiment's file can contain.
public enum CatalogText {
  /// The topics, in the order in which all of them are listed.
  public enum Topic: String, CaseIterable {
    case mixers, tasks, training, recipes, match, charts, experiments
  }

  /// The names of single mixers and tasks.
  public static var kinds: [String] {
    MixerCatalog.kinds + [ModelConfiguration.hybridKind] + TaskCatalog.kinds
  }

  /// The lines of a topic. `folder` holds the files of experiments. Throws `FileError` if it cannot be read.
  public static func lines(of topic: Topic, experiments folder: String) throws(FileError)
    -> [String]
  {
    switch topic {
    case .mixers: mixers
    case .tasks:
      TaskCatalog.tasks.flatMap(lines) + [
        "  Causal models only: in these tasks an answer is also the next token, so a model that sees later",
        "  tokens could copy it. An experiment with such a model is refused.",
      ]
    case .training: lines("training", TrainingSettings().help + [Recipe.help])
    case .recipes: recipes
    case .match: lines("match", MatchSettings().help)
    case .charts:
      charts("chart: takes", \.showsExperiments)
        + charts("other commands draw") { !$0.showsExperiments }
    case .experiments: try experiments(in: folder)
    }
  }

  /// The lines of one mixer or task, one of `kinds`.
  public static func lines(ofKind kind: String) -> [String] {
    if let task = TaskCatalog.tasks.first(where: { $0.kind == kind }) { return lines(task) }
    return MixerCatalog.mixer(kind).map(lines) ?? hybrid
  }

  private static var mixers: [String] {
    lines("every model", ModelShape().help) + MixerCatalog.mixers.flatMap(lines) + hybrid
      + ["  Without look-up by content: \(withoutLookup); see recall list recipes."]
  }

  private static func lines(_ mixer: any MixerSettings.Type) -> [String] {
    lines("kind: \(mixer.kind)", mixer.init().help + help(mixer.modelDefaults))
      + matchNote(mixer) + (mixer.note.map { ["    \($0)"] } ?? [])
  }

  private static func matchNote(_ mixer: any MixerSettings.Type) -> [String] {
    // Only a causal mixer carries a state.
    guard mixer.init().isCausal else { return [] }
    return [
      mixer.stateKey.map { "    \($0) sizes the state: match solves for it" }
        ?? "    no setting of its own sizes the state: match solves for d_model"
    ]
  }

  private static var hybrid: [String] {
    lines(
      "kind: \(ModelConfiguration.hybridKind)", [ModelConfiguration.mixersHelp] + help(.zoology))
  }

  /// The keys of every model that have other defaults in models with such a mixer.
  private static func help(_ defaults: ModelDefaults) -> [SettingHelp] {
    let shape = ModelShape()
    return ModelShape(defaults).help.filter { shape.help(of: $0.name)?.value != $0.value }
  }

  private static func lines(_ task: any RecallTask.Type) -> [String] {
    let isSafe = task.init().isSafeInBothDirections
    return lines(
      "kind: \(task.kind): \(task.question)" + (isSafe ? "" : " (causal models only)"),
      task.init().help)
  }

  private static func lines(_ title: String, _ keys: [SettingHelp]) -> [String] {
    ["  \(title)"] + settingLines(keys).map { "    \($0)" }
  }

  private static func charts(_ title: String, _ isListed: (ChartKind) -> Bool) -> [String] {
    ["  \(title)"]
      + ChartKind.allCases.filter(isListed).flatMap { ["    \($0.name)", "        \($0.summary)"] }
  }

  private static var withoutLookup: String { Recipe.mixersWithoutLookup.joined(separator: ", ") }

  private static var recipes: [String] {
    let recipes = Recipe.all.flatMap { recipe in
      [
        "  \(recipe.name)", "      \(recipe.summary)",
        "      tasks: \(recipe.tasks.joined(separator: ", "))",
      ]
    }
    return recipes + [
      "  \(Recipe.noneName)", "      the defaults of recall list training",
      "  A file without any key of training gets the first recipe that knows its task. In other files",
      "  training: {recipe: NAME} gets it, and the keys written beside it stay. recall run FILE --plan",
      "  shows every value.",
      "  \(withoutLookup) do not reach the others' accuracy on MQAR: their filters and matrices are",
      "  fixed or hardly depend on the tokens.",
    ]
  }

  private static func files(in folder: String) throws(FileError) -> [String] {
    try folderContents(URL(filePath: folder)).sorted().filter { $0.hasSuffix(".yaml") }
  }

  /// The names that `recall run` takes for the experiments of a folder.
  static func experimentNames(in folder: String) throws(FileError) -> [String] {
    try files(in: folder).map { String($0.dropLast(".yaml".count)) }
  }

  private static func experiments(in folder: String) throws(FileError) -> [String] {
    try files(in: folder).flatMap { name in
      guard isRegularFile("\(folder)/\(name)") else { return ["  \(name): is not a regular file"] }
      do {
        let experiment = try Experiment(contentsOf: "\(folder)/\(name)")
        let time = experiment.expectedTime.map { ", about \($0)" } ?? ""
        let question = experiment.question.isEmpty ? [] : ["      \(experiment.question)"]
        return ["  \(name): \(experiment.count) runs\(time)"] + question
      } catch {
        return ["  \(name): \(error)"]
      }
    }
  }
}
