import Experiments

/// What `recall list recipes` says.
enum RecipeList {
  static var text: String {
    let recipes = Recipe.all.flatMap { recipe in
      [
        "  \(recipe.name)", "      \(recipe.summary)",
        "      tasks: \(recipe.tasks.joined(separator: ", "))",
      ]
    }
    return
      (recipes + [
        "  \(Recipe.noneName)", "      the defaults of recall list training",
        "  A file without any key of training gets the first recipe that knows its task. In other files",
        "  training: {recipe: NAME} gets it, and the keys written beside it stay. recall run FILE --plan",
        "  shows every value.",
        "  Do not expect of \(Recipe.mixersWithoutLookup.joined(separator: ", ")) what the others learn: how they weigh",
        "  earlier tokens does not depend on these, so they cannot look up a key by its content.",
      ]).joined(separator: "\n")
  }
}
