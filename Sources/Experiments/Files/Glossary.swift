import Capacity
import Models
import RecallTasks
import Training

/// What the keys of experiments mean, for `recall list`; one word means one thing everywhere.
public enum Glossary {
  public static func meaning(of key: String) -> String? { meanings[key] }

  private static let meanings = [
    // Models
    "d_model": "width of the residual stream",
    "n_layers": "mixers one after the other",
    "vocab_size": "tokens are below this; in a model, 0 takes the task's",
    "max_length": "rows of position embeddings; 0 takes the longest sequence of the run",
    "num_heads": "attention heads",
    "dropout": "of attention weights, in training",
    "embedding_dropout": "of embeddings, in training",
    "position_embedding":
      Attention.PositionKind.allCases.map(\.rawValue).joined(separator: ", "),
    "position_std": "standard deviation of position embeddings, if they are learned at first",
    "embedding_init_std": "standard deviation of word embeddings at first",
    "projection_init_std": "standard deviation of the weights of queries, keys and values at first",
    "output_init_std": "that of attention's output weights, times sqrt(2 n_layers)",
    "d_state": "N, state scalars per inner channel",
    "expand": "inner channels per model channel",
    "headdim": "inner channels per head",
    "ngroups": "groups of heads that share B and C",
    "chunk_length": "tokens per chunk of the parallel form; changes speed only",
    // Tasks
    "sequence_length": "L, tokens of an example",
    "n_pairs": "K, key-value pairs to be recalled",
    "num_passes": "how often the pairs are shown before the queries",
    "n_updates": "U, pairs that bind a shown key to another value",
    "power_a": "where queries fall: 1 is uniform, near 0 is mostly early",
    "random_filler": "random tokens between queries instead of 0",
    "filler_avoids_keys": "random filler is never one of the example's keys",
    "repeat_keys": "a key may be shown again, with another value",
    "noise_vocab_size": "tokens of the vocabulary that are noise",
    "frac_noise": "probability that a pair is noise",
    "k_motif_size": "most tokens of a key",
    "v_motif_size": "most tokens of a value",
    "loss": "what training labels: \(LossTarget.allCases.map(\.rawValue).joined(separator: ", "))",
    "alphabet_size": "A, symbols of strings",
    "n_min": "shortest string",
    "n_max": "longest string",
    "packed": "as many strings as fit, instead of one",
    "ngram_length": "symbols of the n-gram that is looked up",
    "answer_length": "symbols asked for after it",
    "query_place":
      "\(NGramLookup.QueryPlace.allCases.map(\.rawValue).joined(separator: ", ")): before or after the string",
    "num_tokens_to_copy": "data tokens among blanks",
    "map_seed": "names the map that every example shares",
    "n_entries": "names with a number",
    "n_first_names": "first names to draw from",
    "n_last_names": "last names to draw from",
    "n_digits": "digits of a number",
    // Matching
    "to": "the model that ratios are relative to: mixer and its settings",
    "by": "what is made equal: \(MatchQuantity.allCases.map(\.rawValue).joined(separator: ", "))",
    "ratio": "wanted amount over that model's; a list sweeps it",
    "solve":
      "setting that is solved for: auto (d_state, else d_model), d_state, n_layers or d_model",
    "tolerance": "how far the obtained ratio may be off, as a share of the wanted",
    // Training
    "lr": "peak learning rate",
    "schedule": "\(TrainingSettings.Schedule.allCases.map(\.rawValue).joined(separator: ", "))",
    "warmup_steps": "steps of linear warm-up",
    "weight_decay": "decoupled, times the learning rate",
    "decay": "which parameters decay: all, or matrices",
    "beta1": "AdamW's decay of the mean gradient",
    "beta2": "AdamW's decay of the mean squared gradient",
    "epsilon": "AdamW's smallest divisor",
    "clip": "largest norm of the whole gradient; 0 is off",
    "batch_size": "examples a step",
    "batch_tokens": "tokens a step instead, if not 0",
    "min_batch_size": "examples a step at least, where it is given in tokens",
    "segments": "stages: task keys that differ, examples or steps, lr_factor, until_accuracy",
    "segment_order": "sequential, or batches shuffled",
    "epochs": "passes over the data, each in another order",
    "endless": "new examples in every epoch",
    "lanes": "parts of a batch, added in order; fixes the arithmetic",
    "evaluate_every": "steps between evaluations; 0 is at the end of each epoch",
    "evaluation_tasks": "tasks to score, by keys that differ; none is the task itself",
    "validation_examples": "per evaluated task",
    "test_examples": "per evaluated task",
    "stop_above": "validation accuracy that ends training; 1 is never",
  ]
}
