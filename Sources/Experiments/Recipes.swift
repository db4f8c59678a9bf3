import Models
import Support

// The table of recipes.
extension Recipe {
  /// A file without any key of `training` takes the first that knows its task.
  public static let all = [shortFirst]

  /// The name that a file gives if it wants no recipe.
  public static let noneName = "none"

  /// The training of tasks/mqar-table-quick.yaml. With long sequences from the start most models stay for long at the accuracy of
  /// naming any of the values shown.
  private static let shortFirst = Recipe(
    name: "short_first",
    summary: "short sequences first, each stage twice as long; fresh examples; clipped gradients",
    training: [
      "lr": 2e-2, "batch_tokens": 2048, "min_batch_size": 16, "fresh_examples": true,
      "max_grad_norm": 1, "weight_decay": 0.1,
      // Not of position embeddings: those beyond the current stage's length would fade.
      "weight_decay_on": "matrices",
      "warmup_steps": 50, "schedule": "cosine_last_stage", "evaluate_every": 100,
      "validation_examples": 256, "test_examples": 1000, "early_stop_accuracy": 0.995,
    ],
    // Examples do not repeat, so there is nothing that dropout could prevent.
    model: ["embedding_dropout": 0])

  /// Mixers of which a recipe does not make good learners of recall.
  public static var mixersWithoutLookup: [String] {
    MixerCatalog.mixers.filter { !$0.looksUpByContent }.map { $0.kind }
  }

  /// The rate is low until the task itself is trained. Each stage ends early once it is learned.
  static let firstStage: Values = ["lr_factor": 0.5, "steps": 2000, "until_accuracy": 0.9]
  static let middleStage: Values = ["lr_factor": 0.5, "steps": 400, "until_accuracy": 0.9]

  /// Steps of the last stage: 600 up to 64 tokens, then growing with the square root of the length.
  static func lastSteps(tokens: Int) -> Int {
    let steps = 600 * (Double(max(64, tokens)) / 64).squareRoot()
    return 100 * Int((steps / 100).rounded())
  }
}
