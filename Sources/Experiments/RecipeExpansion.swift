import Models
import RecallTasks
import Support
import Training

extension Recipe {
  /// The key of `training` that names a recipe.
  public static let key = "recipe"

  /// Every name that a file may give.
  public static var names: [String] { all.map(\.name) + [noneName] }

  /// What the key means, for a list of keys.
  public static var help: SettingHelp {
    SettingHelp(
      name: key, value: .string(noneName), kind: .choice(names),
      meaning:
        "fills in the keys of training that the file leaves out; a file with no such key gets "
        + all[0].name,
      allowed: names.joined(separator: ", "))
  }

  /// The recipe of a row without any key of training: the first that knows its task.
  static func unnamed(in row: ConfigurationNode) -> Recipe? {
    guard row["training"]?.entries.isEmpty ?? true, let kind = row["task"]?["kind"]?.value else {
      return nil
    }
    return all.first { recipe in recipe.tasks.contains { kind == .string($0) } }
  }

  /// The recipe as it was used for a run.
  public struct Use: Hashable, Sendable {
    public let name: String
    /// Whether the file names it. Otherwise it was taken because the file says nothing on training.
    public let isNamed: Bool
    /// What it filled in: paths such as "training.lr" with their values, sorted.
    public let values: [String: SettingValue]
  }
}

extension Sweep.Point {
  /// The point with the values of its recipe where the file has none, and without the key `recipe`.
  func applyingRecipe() throws -> Sweep.Point {
    guard let (recipe, isNamed) = try chosenRecipe() else { return self }
    let plain = removingRecipeKey
    guard let recipe, let task = try plain.validTask, let kinds = plain.mixerKinds else {
      return plain
    }
    guard let sections = recipe.sections(task, mixers: kinds) else {
      guard isNamed, let entry = node["training"]?[Recipe.key] else { return plain }
      throw entry.wrong(
        Recipe.key, allowed: "for the tasks \(recipe.tasks.joined(separator: ", "))")
    }
    return plain.filling(
      ["training": sections.training, "model": sections.model], recipe.name, isNamed)
  }

  /// The recipe that the file names or that stands for no training at all, nil for `none`; no choice if the file has keys
  /// of training.
  private func chosenRecipe() throws -> (recipe: Recipe?, isNamed: Bool)? {
    let training = node["training"]
    guard let named = training?[Recipe.key] else {
      return Recipe.unnamed(in: node).map { ($0, false) }
    }
    guard named.value != .string(Recipe.noneName) else { return (nil, true) }
    guard let recipe = Recipe.all.first(where: { named.value == .string($0.name) }) else {
      let nearest = nearestText(to: named.value.plainText, in: Recipe.names)
      throw named.wrong(Recipe.key, allowed: Recipe.names.joined(separator: ", ") + nearest)
    }
    return (recipe, true)
  }

  private var removingRecipeKey: Sweep.Point {
    guard let training = node["training"] else { return self }
    return Sweep.Point(
      axes: axes, node: node.setting("training", to: training.removing([Recipe.key])))
  }

  /// nil without a task; reading the run says that it is missing.
  private var validTask: TaskConfiguration? {
    get throws {
      try node["task"].map { task in
        try task.locating {
          let configuration = try TaskConfiguration(task.values)
          try configuration.validate()
          return configuration
        }
      }
    }
  }

  /// The kinds of the model's mixers, several in a hybrid; nil if they cannot be read.
  private var mixerKinds: [String]? {
    guard let model = node["model"], case .string(let kind)? = model["kind"]?.value else {
      return nil
    }
    guard kind == ModelConfiguration.hybridKind else { return [kind] }
    guard case .list(let mixers)? = model[ModelConfiguration.mixersKey]?.content else { return nil }
    return mixers.compactMap { mixer in
      if case .string(let kind)? = mixer["kind"]?.value { kind } else { nil }
    }
  }

  /// The point with `values` of sections laid under its own.
  private func filling(
    _ sections: [String: [String: SettingValue]], _ name: String, _ isNamed: Bool
  ) -> Sweep.Point {
    var (node, filled) = (node, [String: SettingValue]())
    for (section, values) in sections {
      let own = node[section] ?? ConfigurationNode(.group([]), at: node.mark)
      let missing = values.filter { own[$0.key] == nil }
      for (key, value) in missing { filled["\(section).\(key)"] = value }
      let added = ConfigurationNode(.object(missing), at: own.mark)
      node = node.setting(section, to: added.merged(with: own))
    }
    return Sweep.Point(
      axes: axes, node: node, recipe: Recipe.Use(name: name, isNamed: isNamed, values: filled))
  }
}
