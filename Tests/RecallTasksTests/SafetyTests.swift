import RecallTasks
import Support
import Testing

/// Which tasks are safe for a model that sees the next token.
@Suite struct SafetyTests {
  static let unsafe = [
    "copying", "ngram_lookup", "in_context_recall", "noisy_recall", "fuzzy_recall", "phonebook",
  ]

  @Test(arguments: TaskCatalog.kinds)
  func tasksSayIt(kind: String) throws {
    #expect(try TaskCatalog.task(kind).init().isSafeInBothDirections != Self.unsafe.contains(kind))
  }

  /// No label stands at its own position or at the next one.
  @Test(arguments: TaskCatalog.kinds.filter { !unsafe.contains($0) }, [false, true])
  func labelsDoNotStandAhead(kind: String, randomFiller: Bool) throws {
    var task = try TaskCatalog.task(kind).init()
    if task.settingValues["random_filler"] != nil {
      task = try task.replacing(["random_filler": .bool(randomFiller)])
    }
    var (labels, ahead) = (0, 0)
    for index in 0..<2000 {
      let example = task.example(at: index, seed: 6, split: .train)
      for position in example.questions {
        let next = position + 1 < example.inputs.count ? example.inputs[position + 1] : -1
        #expect(example.labels[position] != example.inputs[position])
        labels += 1
        ahead += example.labels[position] == next ? 1 : 0
      }
    }
    // A random filler of any token is the label one time in V.
    let isAnyToken =
      randomFiller && ["mqar", "overwrite_recall", "compositional_recall"].contains(kind)
    let expected = isAnyToken ? Double(labels) / Double(task.vocabularySize) : 0
    #expect(abs(Double(ahead) - expected) <= 5 * expected.squareRoot())
  }

  /// The others show it there, so that the rule is not too strict.
  @Test(arguments: unsafe)
  func othersShowThemAhead(kind: String) throws {
    let task = try TaskCatalog.task(kind).init()
    let example = task.example(at: 0, seed: 6, split: .train)
    #expect(
      example.questions.contains {
        $0 + 1 < example.inputs.count && example.labels[$0] == example.inputs[$0 + 1]
      })
  }
}
