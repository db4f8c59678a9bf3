import Foundation
import RecallTasks
import Support
import Testing

@Suite struct MaskedRecallTests {
  private func task(
    _ vocabulary: Int, _ length: Int, pairs: Int, repeats: Int = 2, masked: Int = 0,
    filler: Bool = false
  ) -> MaskedRecall {
    var task = MaskedRecall()
    (task.vocabularySize, task.sequenceLength, task.pairCount) = (vocabulary, length, pairs)
    (task.repeats, task.masked, task.randomFiller) = (repeats, masked, filler)
    return task
  }

  @Test func documentationDrawsExampleZero() throws { try checkDrawing(of: task(32, 16, pairs: 3)) }

  @Test func examplesAreAsDefined() throws {
    try checkExamples { random in
      let (pairs, repeats) = (1 + random.below(12), 2 + random.below(4))
      return task(
        2 * (pairs + 2) + random.below(3) * random.below(100),
        2 * pairs * repeats + random.below(2) * 2 * random.below(30), pairs: pairs,
        repeats: repeats, masked: random.below(pairs + 1), filler: random.below(2) == 0)
    } fault: { example, task, _ in
      let (half, mask) = (Int32(task.vocabularySize / 2), Int32(task.vocabularySize - 1))
      var (values, filler): ([Int32: [Int32]], [Int32]) = ([:], [])
      for (slot, pair) in example.pairs(task.sequenceLength).enumerated() {
        let labels = example.labels[2 * slot...2 * slot + 1]
        guard labels.first == ignoreIndex else { return "a label of a key" }
        guard (labels.last == ignoreIndex) == (pair.value != mask) else { return "a label" }
        if pair.value >= half {
          values[pair.key, default: []].append(pair.value == mask ? labels.last! : pair.value)
        } else {
          filler += [pair.key, pair.value]
        }
      }
      guard values.count == task.pairCount, values.keys.allSatisfy((1..<half).contains),
        values.values.allSatisfy({ $0.count == task.repeats && Set($0).count == 1 }),
        values.values.allSatisfy({ (half..<mask).contains($0[0]) }),
        Set(values.values).count == task.pairCount
      else { return "pairs are not as they should be" }
      let asked = example.questions.map { example.inputs[$0 - 1] }
      guard asked.count == (task.masked == 0 ? task.pairCount : task.masked),
        Set(asked).count == asked.count
      else { return "not so many different keys with one mask" }
      return fillerFault(filler, keys: values.keys.sorted(), task)
    }
  }

  @Test func nearMissesNameTheirKey() {
    checkNearMisses(
      [
        ("sequence_length", { $0.sequenceLength = 65 }), ("vocab_size", { $0.vocabularySize = 3 }),
        ("repeats", { $0.repeats = 1 }), ("repeats", { $0.repeats = 33 }),
        ("n_pairs", { $0.pairCount = 17 }), ("n_pairs", { $0.repeats = 3 }),
        ("n_pairs", { $0.vocabularySize = 33 }), ("n_masked", { $0.masked = -1 }),
        ("n_masked", { $0.masked = 17 }),
      ] as [(String, (inout MaskedRecall) -> Void)])
  }

  /// Of R uniform slots of one key, any is masked; other whole pairs stand only before it, only after it, or on both
  /// sides with probabilities 1/R, 1/R, 1 − 2/R.
  @Test(arguments: [2, 3, 5])
  func masksFallAnywhere(repeats: Int) throws {
    let task = task(64, 40, pairs: 4, repeats: repeats, masked: 1)
    let shares = [1 / Double(repeats), 1 / Double(repeats), 1 - 2 / Double(repeats)]
    let exact = Dictionary(
      uniqueKeysWithValues: shares.enumerated().filter { $0.element > 0 }.map {
        ($0.offset, $0.element)
      })
    #expect(task.partNames.count == exact.count)
    try checkDistribution(of: task, exact: exact) { example in
      let position = example.questions[0]
      let key = example.inputs[position - 1]
      let whole = example.inputs.indices.filter {
        $0 % 2 == 1 && $0 != position && example.inputs[$0 - 1] == key
      }
      let part =
        whole.allSatisfy { $0 < position } ? 0 : whole.allSatisfy { $0 > position } ? 1 : 2
      #expect(task.parts(of: example.inputs)[position] == part)
      return part
    }
  }

  @Test(arguments: [
    (64, 40, 5, 2, 0), (64, 64, 5, 3, 0), (64, 64, 5, 3, 2), (12, 20, 5, 2, 0), (12, 60, 5, 4, 3),
    (4, 4, 1, 2, 0), (16, 16, 4, 2, 1),
  ])
  func baselineAndCausalBestAreAsStated(
    vocabulary: Int, length: Int, pairs: Int, repeats: Int, masked: Int
  ) throws {
    let task = task(vocabulary, length, pairs: pairs, repeats: repeats, masked: masked)
    try checkBaseline(of: task) { example, _, random in
      var counts: [Int32: Int] = [:]
      for token in example.inputs where task.answerTokens.contains(Int(token)) {
        counts[token, default: 0] += 1
      }
      let candidates = counts.filter { $0.value == repeats - 1 }.keys.sorted()
      return candidates[random.below(candidates.count)]
    }
    checkCausalBest(of: task) { example, position, random in
      answerAmongNotShown(task, example, position, &random) {
        stride(from: 1, to: position, by: 2).first {
          example.inputs[$0 - 1] == example.inputs[position - 1]
        }.map { example.inputs[$0] }
      }
    }
  }

  /// With one pair of R = 2 the guess is one of all C values: exactly 1/2 + 1/(2 C).
  @Test func causalBestOfOnePairIsExact() {
    #expect(abs(task(64, 8, pairs: 1).causalBest - (0.5 + 0.5 / 31)) < 1e-12)
    // Two pairs, both masked: by the time of the first occurrence the other's whole pair has been seen with probability
    // t, whose mean under the density 2 (1 − t) is 1/3.
    let exact = 0.5 + 0.5 * (2.0 / 3 / 31 + 1.0 / 3 / 30)
    #expect(abs(task(64, 8, pairs: 2).causalBest - exact) < 1e-9)
  }

  /// Bindings that cross the middle, counted: a whole pair on the left, no mask there, and an occurrence on the right.
  @Test(arguments: [(2, 0), (2, 8), (4, 0), (4, 20)])
  func bindingsCrossTheMiddleAsStated(repeats: Int, masked: Int) {
    let pairs = 32
    let task = task(1024, 4 * pairs * repeats, pairs: pairs, repeats: repeats, masked: masked)
    var counted = Mean()
    for index in 0..<4000 {
      let example = task.example(at: index, seed: 8, split: .train)
      let middle = example.inputs.count / 2
      var sides: [Int32: (left: Int, right: Int, maskLeft: Bool)] = [:]
      for position in stride(from: 1, to: example.inputs.count, by: 2)
      where example.inputs[position] >= 512 {
        let key = example.inputs[position - 1]
        let isMask = example.labels[position] != ignoreIndex
        var side = sides[key] ?? (0, 0, false)
        if position < middle {
          side.left += isMask ? 0 : 1
          side.maskLeft = side.maskLeft || isMask
        } else {
          side.right += 1
        }
        sides[key] = side
      }
      counted.add(
        Double(sides.values.count { $0.left > 0 && !$0.maskLeft && $0.right > 0 }))
    }
    let masks = Double(masked == 0 ? pairs : masked)
    let stated = (Double(pairs) - masks / 2) * (1 - exp2(1 - Double(repeats)))
    // Slots are drawn without replacement, so a few more cross than of independent ones.
    #expect(counted.value > stated - 4 * counted.error && counted.value < stated * 1.03)
  }

  @Test func requiredInformationCountsBindings() {
    // (K − K/2) / 2 = 2 bindings each way: C(63, 2) sets of keys, 63 · 62 values.
    #expect(abs(task(128, 32, pairs: 8).requiredBits - 2 * log2(1953 * 3906)) < 1e-9)
  }
}
