import RecallTasks
import Reports
import Support
import Testing

@Suite struct ExampleTextTests {
  private func mqar() -> MQAR {
    var task = MQAR()
    (task.vocabularySize, task.sequenceLength, task.pairCount) = (40, 32, 3)
    return task
  }

  private func text(colours: Bool, columns: Int = 40) -> [String] {
    let task = mqar()
    let example = Example(
      inputs: [3, 24, 1, 29, 4, 20] + [3, 0, 4, 0, 0, 7] + Array(repeating: 0, count: 18) + [1, 0],
      labels: [-100, -100, -100, -100, -100, -100, 24, -100, 20]
        + Array(repeating: -100, count: 21) + [29, -100])
    return ExampleText(example, of: task, columns: columns, colours: colours).lines
  }

  @Test func marksTellRolesApart() {
    #expect(
      text(colours: false) == [
        " 0  inputs  3 24  1 29  4 20  3  0",
        "    roles   k  v  k  v  k  v  q  .",
        "    labels                   24",
        " 8  inputs  4  0  0  7  0  0  0  0",
        "    roles   q  .  .  .  .  .  .  .",
        "    labels 20",
        "16  … 8 other tokens",
        "24  inputs  0  0  0  0  0  0  1  0",
        "    roles   .  .  .  .  .  .  q  .",
        "    labels                   29",
      ])
  }

  @Test func coloursChangeNothingElse() {
    let painted = text(colours: true)
    #expect(painted[0].contains("\u{1b}[36m 3\u{1b}[0m \u{1b}[32m24\u{1b}[0m"))
    #expect(painted[2].contains("\u{1b}[1;35m24\u{1b}[0m"))
    let plain = painted.map { $0.replacing(/\u{1b}\[[0-9;]*m/, with: "") }
    #expect(plain == text(colours: false))
  }

  @Test func linesFitTheTerminal() {
    for columns in [20, 34, 60, 200] {
      let lines = text(colours: false, columns: columns)
      #expect(lines.filter { $0.contains("inputs") }.allSatisfy { $0.count <= columns })
      // Every query and its label is drawn, however narrow.
      #expect(lines.joined().filter { $0 == "q" }.count == 3)
    }
  }

  @Test(arguments: TaskCatalog.kinds)
  func everyQueryOfEveryTaskIsDrawn(kind: String) throws {
    let task = try TaskCatalog.task(kind).init()
    for index in 0..<20 {
      let example = task.example(at: index, seed: 1, split: .train)
      let roles = task.roles(of: example)
      for (role, label) in zip(roles, example.labels) {
        #expect(role == .query || label == ignoreIndex)
      }
      // The source of an answer is drawn as a value, or is itself a query.
      let sources = zip(example.labels, task.solution(of: example.inputs))
        .compactMap { $0 == ignoreIndex ? nil : $1.source }
      #expect(sources.allSatisfy { [.value, .query].contains(roles[$0]) })
    }
  }

  /// The examples that the tasks' documentation draws.
  @Test(
    arguments: [
      (
        "compositional_recall", ["vocab_size": 25, "sequence_length": 24, "n_pairs": 4],
        "kkvkkvkkvkkvqq.qq.qq.qq."
      ),
      (
        "ngram_lookup",
        ["alphabet_size": 5, "n_min": 6, "n_max": 8, "sequence_length": 14, "ngram_length": 2],
        ".vvvvkkv.qqv.."
      ),
      ("induction_heads", ["vocab_size": 10, "sequence_length": 16], "kv.............q"),
      (
        "selective_copying", ["vocab_size": 10, "sequence_length": 16, "num_tokens_to_copy": 4],
        "v..v..v.v...qqqq"
      ),
      ("memorization", ["vocab_size": 20, "sequence_length": 12], "qqqqqqqqqqqq"),
      (
        "phonebook", ["n_entries": 3, "n_first_names": 3, "n_last_names": 3, "n_digits": 3],
        "kkvvvkkvvvkkvvv.qqqqv"
      ),
      (
        "associative_recall", ["vocab_size": 12, "sequence_length": 12], "kvkvkvkvkv.q"
      ),
      ("in_context_recall", ["vocab_size": 8, "sequence_length": 16], "kvqvkvkvqvqvqvqv"),
      (
        "noisy_recall",
        ["vocab_size": 10, "noise_vocab_size": 4, "sequence_length": 16, "frac_noise": 0.5],
        "kv..qvkvqvkvqvqv"
      ),
      (
        "fuzzy_recall",
        ["vocab_size": 6, "sequence_length": 16, "k_motif_size": 2, "v_motif_size": 2],
        "kkvqqvqqvkvvqqv."
      ),
      (
        "overwrite_recall",
        ["vocab_size": 20, "sequence_length": 18, "n_pairs": 3, "n_updates": 2],
        "kvkvkvkvkv..q.q.q."
      ),
      (
        "copying", ["alphabet_size": 5, "n_min": 2, "n_max": 6, "sequence_length": 16],
        ".vvvvvvqqqqqqq.."
      ),
    ] as [(String, [String: SettingValue], String)])
  func rolesAreMarked(kind: String, values: [String: SettingValue], roles: String) throws {
    let task = try TaskConfiguration(values.merging(["kind": .string(kind)]) { $1 }).task
    let example = task.example(at: 0, seed: 0, split: .train)
    #expect(String(task.roles(of: example).map(\.rawValue)) == roles)
  }

  /// Next tokens are labels, but no questions.
  @Test func lossOnAllTokensAsksNothingMore() throws {
    var task = InContextRecall()
    let answers = task.roles(of: task.example(at: 0, seed: 0, split: .train))
    task.loss = .all
    #expect(task.roles(of: task.example(at: 0, seed: 0, split: .train)) == answers)
  }

  @Test func everyPassOfMQARIsDrawn() {
    var task = mqar()
    task.passes = 2
    let roles = task.roles(of: task.example(at: 0, seed: 0, split: .train))
    #expect(String(roles.prefix(12).map(\.rawValue)) == "kvkvkvkvkvkv")
  }

  /// A long example is drawn in time that grows with its length, not with the square of it.
  @Test func longExamplesAreDrawn() {
    var task = MQAR()
    (task.sequenceLength, task.pairCount, task.vocabularySize) = (1 << 16, 1 << 14, 1 << 17)
    let text = ExampleText(
      task.example(at: 0, seed: 0, split: .train), of: task, columns: 80, colours: false)
    #expect(text.lines.count > 1 << 13)
  }

  @Test func everyPairOfMQARIsDrawn() {
    let task = MQAR()
    for index in 0..<50 {
      let roles = task.roles(of: task.example(at: index, seed: 0, split: .train))
      #expect(
        roles.prefix(2 * task.pairCount).map(\.rawValue)
          == Array(repeating: ["k", "v"], count: task.pairCount).flatMap { $0 })
    }
  }
}
