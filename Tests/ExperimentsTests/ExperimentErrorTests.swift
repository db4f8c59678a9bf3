import ExperimentSamples
import Experiments
import Support
import Testing

/// One mistake in a good file.
struct Mistake: CustomTestStringConvertible, Sendable {
  let old: String
  let new: String
  /// line:column in the changed file.
  let position: String
  let words: [String]

  init(_ old: String, _ new: String, at position: String, _ words: String...) {
    (self.old, self.new, self.position, self.words) = (old, new, position, words)
  }

  var testDescription: String { new }
}

@Suite struct ExperimentErrorTests {
  static let mistakes = [
    Mistake(
      "question:", "qestion:", at: "2:1", "qestion", "the nearest is question"),
    Mistake(
      "{d_model: 64}", "{d_modle: 64}", at: "5:19", "d_modle", "the nearest is d_model"),
    Mistake(
      "n_pairs: 16", "n_pair: 16", at: "8:41", "n_pair:", "the nearest is n_pairs"),
    Mistake("kind: mqar", "kind: mqra", at: "8:14", "mqra", "mqar"),
    Mistake("kind: ssd", "kind: sdd", at: "6:35", "sdd", "the nearest is ssd"),
    Mistake("kind: ssd", "knd: ssd", at: "6:29", "knd: \"ssd\"", "the nearest is kind"),
    Mistake("kind: ssd, ", "", at: "15:49", "kind is missing", "gated_deltanet"),
    Mistake("kind: mqar", "knd: mqar", at: "8:8", "knd", "the nearest is kind"),
    Mistake("lr:", "recpe: none\n  lr:", at: "10:3", "recpe", "the nearest is recipe"),
    Mistake(
      "lr:", "recipe: nnoe\n  lr:", at: "10:11", "nnoe", "short_first", "the nearest is none"),
    Mistake("seed: [0, 1]", "seed: 0\nmeasure: [rnk]", at: "13:11", "the nearest is rank"),
    Mistake("n_pairs: 16", "n_pairs: many", at: "8:50", "\"many\"", "an integer"),
    Mistake("n_pairs: 16", "n_pairs: 17", at: "8:50", "17", "16"),
    Mistake("lr: [3e-3, 1e-2]", "lr: [3e-3, -1]", at: "10:14", "lr: -1", "above 0"),
    Mistake("lr: [3e-3, 1e-2]", "lr: fast", at: "10:7", "lr: \"fast\"", "a number"),
    Mistake("seed: [0, 1]", "seed: []", at: "12:7", "seed: []", "a list of values to sweep"),
    Mistake("lr: [3e-3, 1e-2]", "lr: []", at: "10:7", "a list of values to sweep"),
    Mistake("lr:", "learning_rate:", at: "10:3", "learning_rate", "the nearest is lr"),
    Mistake("lr:", "steps: 9\n  lr:", at: "10:3", "steps: 9", "in a stage: stages: [{steps: 9}]"),
    Mistake("seq", "seq_len: 3, seq", at: "8:20", "seq_len", "the nearest is sequence_length"),
    Mistake("n_pairs: 16", "lr: 16", at: "8:41", "lr: 16", "lr is a key of training"),
    Mistake(
      "d_state: [4, 8]", "n_pair: 3", at: "15:50", "allowed: a key of model; task has n_pairs"),
    Mistake(
      "  small:", "  other: {model: {n_pairs: 3}}\n  small:", at: "5:19", "n_pairs is a key of task"
    ),
    Mistake("training:\n", "train:\n", at: "9:1", "train", "the nearest is training"),
    Mistake("N={d_state}", "N={d_sate}", at: "15:23", "{KEY}", "d_state"),
    // The label's placeholder is not the mistake.
    Mistake("d_state: [4, 8]", "d_stat: [4, 8]", at: "15:50", "the nearest is d_state"),
    Mistake(
      "label: attention,", "label: \"attention {x}\",", at: "14:13", "{x}", "n_layers"),
    Mistake("  small:", "  other: {task: {n_pear: 3}}\n  small:", at: "5:18", "n_pear", "n_pairs"),
    Mistake(
      "  small:", "  other: {training: {lr: fast}}\n  small:", at: "5:26", "fast", "a number"),
    Mistake(
      "  small:", "  other: {model: {d_state: [8, x]}}\n  small:", at: "5:32", "\"x\"", "an integer"
    ),
    Mistake(
      "  small:", "  other: {model: {kind: [ssd, mambo]}}\n  small:", at: "5:31", "mambo",
      "the nearest is mamba"),
    Mistake("  small:", "  other: {task: {kind: mqra}}\n  small:", at: "5:24", "mqar"),
    Mistake(
      "  small:", "  other: {training: {recipe: nope}}\n  small:", at: "5:30", "short_first"),
    Mistake("n_pairs: 8, steps", "n_pears: 8, steps", at: "11:34", "n_pears", "n_pairs"),
    Mistake("n_pairs: 8, steps", "n_pairs: 9, steps", at: "11:43", "n_pairs: 9"),
    Mistake("{examples: 2000}", "{example: 2000}", at: "11:60", "the nearest is examples"),
    Mistake("{examples: 2000}", "{examples: [1]}", at: "11:70", "stages", "an integer"),
    Mistake("steps: 100", "steps: 100, lr_factor: 0", at: "11:69", "lr_factor: 0", "above 0"),
    Mistake("steps: 100", "steps: 100, examples: 9", at: "11:12", "either examples or steps"),
    Mistake("seed: [0, 1]", "seed: [0, -1]", at: "12:11", "seed: -1", "at least 0"),
    Mistake("seed: [0, 1]", "seed: 0.5", at: "12:7", "seed: 0.5", "an integer"),
    Mistake("use: ssd", "use: sds", at: "15:11", "sds", "the nearest is ssd"),
    Mistake("use: ssd", "use: [small, sds]", at: "15:19", "sds", "the nearest is ssd"),
    Mistake("  small: {", "  small: {use: ssd, ", at: "6:14", "circle", "small → ssd → small"),
    Mistake("d_state: [4, 8]", "d_state: [4, 4]", at: "15:63", "d_state: 4", "each value once"),
    Mistake("seed: [0, 1]", "seed: [0, 0]", at: "12:11", "seed: 0", "each value once"),
    Mistake("seed: [0, 1]", "seed: [0, 1]\nx: 1", at: "13:1", "x: 1"),
    Mistake("label: \"SSD N={d_state}\"", "label: attention", at: "15:23", "label of its own"),
    Mistake("label: attention", "label: ''", at: "14:13", "1 to 200 characters"),
    Mistake(
      "label: attention", "label: \"\(String(repeating: "x", count: 300))\"", at: "14:13",
      "1 to 200 characters"),
    Mistake("label: attention", "label: \"a\\e[2Jb\"", at: "14:13", "U+001B"),
    Mistake("Does it?", "\"\\u202eDoes it?\"", at: "2:11", "U+202E"),
    Mistake("label: attention", "lable: attention", at: "14:6", "the nearest is label"),
    Mistake("experiment: small", "experiment: a/b", at: "1:13", "a/b", "folder"),
    Mistake("expected_minutes: 9", "expected_minutes: long", at: "3:19", "a number"),
    Mistake("seed: [0, 1]", "search_seeds: 0", at: "12:15", "search_seeds: 0", "at least 1"),
    Mistake("task: {kind: mqar", "task: {kind: mqar, kind: mqar", at: "8:8", "given twice"),
    Mistake("seed: [0, 1]", "table: {publish: x}", at: "12:9", "the nearest is published"),
    Mistake("seed: [0, 1]", "table: {channels: outer}", at: "12:19", "channels: \"outer\""),
    Mistake("rows:", "rows: 3\nrow:", at: "14:1", "the nearest is rows"),
    Mistake("n_layers: 2}", "n_layers: 2, max_length: 8}", at: "14:74", "max_length: 8", "64"),
  ]

  @Test(arguments: mistakes)
  func mistakesAreNamedWhereTheyStand(mistake: Mistake) throws {
    try #require(smallFile.contains(mistake.old))
    let yaml = smallFile.replacing(mistake.old, with: mistake.new, maxReplacements: 1)
    let error = #expect(throws: ConfigurationError.self) {
      try Experiment(yaml: yaml, file: "x.yaml")
    }
    let message = error?.description ?? ""
    #expect(message.hasPrefix("x.yaml:\(mistake.position): "), "\(message)")
    for word in mistake.words { #expect(message.contains(word), "\(message)") }
    #expect(message.split(separator: "\n").count <= 2)
  }

  @Test func textsAreOneLine() throws {
    let yaml = smallFile.replacing("label: attention", with: "label: \"two\\nlines\\t \"")
      .replacing("Does it?", with: "|\n  Does it?\n\n  Or not?")
      .replacing("seed: [0, 1]", with: "seed: [0, 1]\ntable: {title: \"a\\nb\", note: \"'tis\"}")
    let experiment = try Experiment(yaml: yaml, file: "x.yaml")
    #expect(experiment.rows[0].label == "two lines")
    #expect(experiment.question == "Does it? Or not?")
    #expect(experiment.table.title == "a b" && experiment.table.note == "'tis")
  }

  /// Keys of the file that begin with x- hold anchors.
  @Test func groupsMayStandBesideAndBeMerged() throws {
    let yaml = smallFile.replacing(
      "seed: [0, 1]", with: "x-base: &base {kind: attention, n_layers: 2}\nseed: [0, 1]"
    ).replacing("model: {kind: attention, n_layers: 2}", with: "model: {<<: *base}")
    let plain = try Experiment(yaml: smallFile, file: "x.yaml")
    #expect(try Experiment(yaml: yaml, file: "x.yaml").runs.map(\.hash) == plain.runs.map(\.hash))
  }

  /// The message says how many runs there would be; nothing of them is made.
  @Test(arguments: [
    ("lr: [%]\n  beta1: [%]\n  beta2: [%]\n  weight_decay: [%]", 200, "3.2e+09"),
    ("lr: [%]\n  weight_decay: [%]\n  epsilon: []", 20_000, "8e+08"),
  ])
  func tooManyRunsAreCounted(keys: String, values: Int, count: String) throws {
    let list = (1...values).map { "\(Double($0) / 100_000)" }.joined(separator: ",")
    let yaml = smallFile.replacing("lr: [3e-3, 1e-2]", with: keys.replacing("%", with: list))
    let time = try ContinuousClock().measure {
      let error = try #require(throws: ConfigurationError.self) {
        try Experiment(yaml: yaml, file: "x.yaml")
      }
      #expect(error.message.contains("\(count) runs"), "\(error)")
      #expect(error.message.count < 300)
    }
    #expect(time < .seconds(10))
  }

  /// Presets that use each other twice are read once each.
  @Test func doublingPresetsAreRead() throws {
    let chain = (1...60).map { "  p\($0): {use: [p\($0 - 1), p\($0 - 1)]}\n" }.joined()
    let yaml = smallFile.replacing(
      "  small: {", with: "  p0: {training: {epochs: 2}}\n" + chain + "  small: {use: p60, ")
    #expect(try Experiment(yaml: yaml, file: "x.yaml").runs[0].configuration.training.epochs == 2)
  }

  @Test func everyRunNeedsATaskAndAModel() {
    let error = #expect(throws: ConfigurationError.self) {
      try Experiment(yaml: "task: {kind: mqar}\n", file: "x.yaml")
    }
    #expect(error?.message.hasPrefix("model: missing") == true)
  }
}
