import Foundation
import RecallTasks
import Support
import Testing

/// What holds for every task.
@Suite struct FamilyTests {
  /// A change of a generator's output must be a decision: a new `DatasetWriter.generatorVersion`.
  static let goldenHashes = [
    "copying": "b187ffc0dc9c4bf4",
    "ngram_lookup": "2964c03e1196758c",
    "associative_recall": "d00ae6b1df78c0a9",
    "in_context_recall": "4f7f3337632c1e0b",
    "noisy_recall": "d97f86bdceb62c31",
    "fuzzy_recall": "0f1cb73c520e6ad5",
    "overwrite_recall": "f196dfbd072618db",
    "compositional_recall": "ccb9fe1fdd75d799",
    "induction_heads": "f4a7faebfd752d6b",
    "selective_copying": "0c1fcfd214f03675",
    "memorization": "a8a96cf715f14ed3",
    "phonebook": "515ae5860060b2c1",
    "mqar": "00a15db30222dc3d",
    "anywhere_mqar": "cf87d65783d7bf5d",
    "queries_first_mqar": "ceb317c52857c0f1",
    "masked_recall": "2a115ba325d1d1c9",
    "set_disjointness": "3e8a2f71cb00b560",
  ]

  @Test(arguments: TaskCatalog.kinds)
  func examplesNeverChange(kind: String) throws {
    let task = try TaskCatalog.task(kind).init()
    var hash = ContentHash()
    let examples = (0..<100).map { task.example(at: $0, seed: 7, split: .train) }
    for example in examples { hash.combine(example.inputs) }
    for example in examples { hash.combine(example.labels) }
    #expect(hash.description == Self.goldenHashes[kind], "\(kind)")
  }

  @Test(arguments: TaskCatalog.kinds)
  func exampleDependsOnNothingElse(kind: String) throws {
    let task = try TaskCatalog.task(kind).init()
    let length = task.sequenceLength
    var inputs = [Int32](repeating: -7, count: 10 * length)
    var labels = inputs
    inputs.withUnsafeMutableBufferPointer { inputs in
      labels.withUnsafeMutableBufferPointer { labels in
        task.write(examples: 5..<15, seed: 1, split: .test, inputs: inputs, labels: labels)
      }
    }
    // In another order, into other buffers.
    for index in (5..<15).reversed() {
      let example = task.example(at: index, seed: 1, split: .test)
      let elements = (index - 5) * length..<(index - 4) * length
      #expect(Array(inputs[elements]) == example.inputs)
      #expect(Array(labels[elements]) == example.labels)
    }
  }

  @Test(arguments: TaskCatalog.kinds)
  func noExampleIsInTwoStreams(kind: String) throws {
    let task = try TaskCatalog.task(kind).init()
    var seen: Set<[Int32]> = []
    let examples = 3000
    for seed in [0, 1] as [UInt64] {
      for split in Split.allCases {
        for index in 0..<examples {
          seen.insert(task.example(at: index, seed: seed, split: split).inputs)
        }
      }
    }
    #expect(seen.count == 2 * 3 * examples)
  }

  @Test(arguments: TaskCatalog.kinds)
  func tokensAndLabelsAreInTheVocabulary(kind: String) throws {
    let task = try TaskCatalog.task(kind).init()
    let tokens = 0..<Int32(task.vocabularySize)
    for index in 0..<200 {
      let example = task.example(at: index, seed: 2, split: .validation)
      #expect(example.inputs.allSatisfy(tokens.contains))
      #expect(example.labels.allSatisfy { $0 == ignoreIndex || tokens.contains($0) })
    }
  }

  /// The solver answers from what it has seen: what follows a position does not change its answer there, unless the task
  /// says so.
  @Test(arguments: TaskCatalog.kinds)
  func solverReadsNoFutureToken(kind: String) throws {
    let task = try TaskCatalog.task(kind).init()
    for index in 0..<20 {
      let example = task.example(at: index, seed: 3, split: .test)
      let solution = task.solution(of: example.inputs)
      #expect(score(solution, example) == 1)
      for (position, answer) in solution.enumerated() {
        guard let source = answer.source else { continue }
        #expect(source <= position || type(of: task).answersFromBothSides)
        #expect(example.inputs[source] == answer.token)
      }
      if type(of: task).answersFromBothSides { continue }
      for cut in stride(from: 1, to: task.sequenceLength, by: 7) {
        let other = task.example(at: index + 100, seed: 3, split: .test).inputs
        let mixed = Array(example.inputs[..<cut] + other[cut...])
        #expect(task.solution(of: mixed)[..<cut] == solution[..<cut])
      }
    }
  }

  /// The baseline of long examples takes no longer to compute than some examples.
  @Test(
    .timeLimit(.minutes(1)),
    arguments: [
      ("copying", ["sequence_length": 8192, "packed": true]),
      ("copying", ["sequence_length": 65_536, "n_max": 30_000]),
      ("associative_recall", ["sequence_length": 65_536]),
      ("associative_recall", ["sequence_length": 65_536, "vocab_size": 65_536]),
      ("in_context_recall", ["sequence_length": 65_536, "vocab_size": 8192]),
      ("noisy_recall", ["sequence_length": 65_536]),
      ("noisy_recall", ["sequence_length": 65_536, "vocab_size": 8192]),
      ("overwrite_recall", ["sequence_length": 65_536, "n_pairs": 8192, "vocab_size": 131_072]),
      ("mqar", ["sequence_length": 65_536, "n_pairs": 16_384, "vocab_size": 131_072]),
      ("induction_heads", ["sequence_length": 4_194_304]),
      ("selective_copying", ["sequence_length": 16_777_216, "num_tokens_to_copy": 4_194_304]),
      ("phonebook", ["n_entries": 16_384, "n_first_names": 128, "n_last_names": 128]),
    ] as [(String, [String: SettingValue])])
  func longExamplesHaveABaseline(kind: String, values: [String: SettingValue]) throws {
    let task = try TaskCatalog.task(kind).decode(values)
    try task.validate()
    let baseline = task.baseline
    #expect(!baseline.name.isEmpty)
    #expect(baseline.accuracy > task.chance && baseline.accuracy < 1)
  }

  @Test(arguments: TaskCatalog.kinds)
  func difficultyIsTheValueOfTheKeyThatItNames(kind: String) throws {
    let task = try TaskCatalog.task(kind).init()
    let (name, value) = task.difficulty
    #expect(task.settingValues[name] == .int(value))
  }
}
