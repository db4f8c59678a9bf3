import Support

// The table of recipes. A mixer that needs another rate, or other initial weights, gets a line in `mixers`; a task gets
// one in `curricula`.
extension Recipe {
  /// A file without any key of `training` takes the first that knows its task.
  public static let all = [shortFirst]

  /// What a file writes that wants none.
  public static let noneName = "none"

  /// Mixers whose weights on earlier tokens do not depend on those tokens: they cannot look a key up by its content, and
  /// need a width that grows with the task. No recipe makes them learn what the others do.
  public static let mixersWithoutLookup = ["base_conv", "hyena", "h3"]

  /// Of tasks/mqar-table-quick.yaml. With long sequences from the start most models stay for long at the accuracy of a
  /// guess among the values shown.
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
    model: ["embedding_dropout": 0],
    mixers: [
      // Fixed sinusoids, and small embeddings beside large query and key weights: with the published initial sizes and
      // learned positions recall forms late, or not at all.
      "attention": Exception(
        training: ["lr": 1e-2],
        model: [
          "dropout": 0, "position_embedding": "sinusoidal", "position_std": 0.12,
          "embedding_init_std": 0.06, "projection_init_std": 0.15, "output_init_std": 0.03,
        ]),
      "mamba": Exception(training: ["lr": 3e-2]),
      "retnet": Exception(training: ["lr": 3e-3]),
      "sliding_window": Exception(training: ["lr": 5e-3], model: ["dropout": 0]),
      "deltanet": Exception(training: ["lr": 1e-2]),
      "gated_deltanet": Exception(training: ["lr": 1e-2]),
      "kda": Exception(training: ["lr": 1e-2]),
      "rwkv7": Exception(training: ["lr": 1e-2]),
    ],
    curricula: [
      // Queries fall anywhere in training: where most are early, predicting by position is a plateau, too.
      "mqar": Curriculum(
        shortest: 16,
        stage: { task, length in
          let most = length / (2 * (task["num_passes"] + 1))
          return ["n_pairs": .int(max(1, min(task["n_pairs"], most)))]
        }, always: ["power_a": 1]),
      "in_context_recall": Curriculum(shortest: 32),
    ])

  /// The rate is low until the task itself is trained. Each stage ends early once it is learned.
  static let firstStage: Values = ["lr_factor": 0.5, "steps": 2000, "until_accuracy": 0.9]
  static let middleStage: Values = ["lr_factor": 0.5, "steps": 400, "until_accuracy": 0.9]

  /// Steps of the last stage: 600 up to 64 tokens, then growing with the square root of the length.
  static func lastSteps(tokens: Int) -> Int {
    let steps = 600 * (Double(max(64, tokens)) / 64).squareRoot()
    return 100 * Int((steps / 100).rounded())
  }
}
