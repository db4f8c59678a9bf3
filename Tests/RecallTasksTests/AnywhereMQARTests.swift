import Foundation
import RecallTasks
import Support
import Testing

@Suite struct AnywhereMQARTests {
  private func task(_ vocabulary: Int, _ length: Int, pairs: Int, filler: Bool = false)
    -> AnywhereMQAR
  {
    var task = AnywhereMQAR()
    (task.vocabularySize, task.sequenceLength) = (vocabulary, length)
    (task.pairCount, task.randomFiller) = (pairs, filler)
    return task
  }

  @Test func documentationDrawsExampleZero() throws { try checkDrawing(of: task(32, 12, pairs: 2)) }

  @Test func examplesAreAsDefined() throws {
    try checkExamples { random in
      let pairs = 1 + random.below(20)
      // With so few tokens random filler is drawn from a list.
      let vocabulary = 2 * (pairs + 2) + random.below(3) * random.below(100)
      return task(
        vocabulary, 4 * pairs + 2 * random.below(30), pairs: pairs, filler: random.below(2) == 0)
    } fault: { example, task, _ in
      slotFault(of: example, task, pairs: task.pairCount)
    }
  }

  @Test func nearMissesNameTheirKey() {
    checkNearMisses(
      [
        ("sequence_length", { $0.sequenceLength = 65 }),
        ("sequence_length", { $0.sequenceLength = 2 }), ("vocab_size", { $0.vocabularySize = 3 }),
        ("vocab_size", { $0.vocabularySize = 1 << 31 }), ("n_pairs", { $0.pairCount = 0 }),
        ("n_pairs", { $0.pairCount = 17 }), ("n_pairs", { $0.vocabularySize = 33 }),
        (
          "n_pairs",
          {
            $0.vocabularySize = 34
            $0.randomFiller = true
          }
        ),
      ] as [(String, (inout AnywhereMQAR) -> Void)])
  }

  @Test func limitsAreValid() throws {
    for task in [
      task(4, 4, pairs: 1), task(34, 64, pairs: 16), task(36, 64, pairs: 16, filler: true),
    ] {
      try task.validate()
      let example = task.example(at: 0, seed: 0, split: .train)
      #expect(score(task.solution(of: example.inputs), example) == 1)
    }
  }

  /// Every arrangement of the pairs' and queries' slots is as likely.
  @Test func slotsAreUniform() throws {
    // 6 slots: 2 pairs, 2 queries, 2 of filler.
    let task = task(32, 12, pairs: 2)
    func sorted(_ slots: [Int]) -> [Int] {
      // The pairs have no order of their own.
      slots[0] < slots[1] ? slots : [slots[1], slots[0], slots[3], slots[2]]
    }
    var exact: [[Int]: Double] = [:]
    for slots in sequences(4, of: Array(0..<6)) where Set(slots).count == 4 {
      exact[sorted(slots), default: 0] += 1.0 / 360
    }
    try checkDistribution(of: task, exact: exact) { example in
      let pairs = (0..<6).filter { example.inputs[2 * $0 + 1] >= 16 }
      return sorted(
        pairs
          + pairs.map { pair in
            example.questions.first { example.inputs[$0] == example.inputs[2 * pair] }! / 2
          })
    }
  }

  @Test func halfOfTheQueriesComeBeforeTheirPair() {
    let task = task(128, 32, pairs: 8)
    var before = Mean()
    for index in 0..<20_000 {
      let example = task.example(at: index, seed: 2, split: .test)
      let parts = task.parts(of: example.inputs)
      before.add(Double(example.questions.count { parts[$0] == 1 }) / 8)
      #expect(example.questions.allSatisfy { parts[$0] != nil })
    }
    #expect(abs(before.value - 0.5) < 4 * before.error)
  }

  @Test(arguments: [(128, 32, 8), (16, 16, 4), (4, 4, 1), (34, 64, 16)])
  func baselineAndCausalBestAreAsStated(vocabulary: Int, length: Int, pairs: Int) throws {
    let task = task(vocabulary, length, pairs: pairs)
    try checkBaseline(of: task) { example, _, random in
      let shown = example.inputs.filter { task.answerTokens.contains(Int($0)) }
      return shown[random.below(shown.count)]
    }
    checkCausalBest(of: task) { example, position, random in
      answerAmongNotShown(task, example, position, &random) {
        example.inputs[0..<position].indices.first {
          $0 % 2 == 0 && example.inputs[$0] == example.inputs[position]
        }.map { example.inputs[$0 + 1] }
      }
    }
  }

  /// Bindings across the middle, counted, are those of the stated information: K/4 in each direction.
  @Test(arguments: [8, 64])
  func aQuarterOfTheBindingsCrossTheMiddle(pairs: Int) {
    let task = task(1024, 8 * pairs, pairs: pairs)
    var (forward, backward) = (Mean(), Mean())
    for index in 0..<4000 {
      let example = task.example(at: index, seed: 8, split: .train)
      let answers = task.solution(of: example.inputs)
      let middle = 4 * pairs
      forward.add(Double(example.questions.count { answers[$0].source! < middle && $0 >= middle }))
      backward.add(Double(example.questions.count { answers[$0].source! >= middle && $0 < middle }))
    }
    // Both sides together hold all slots: K (1 − 1/S) / 4 · S/(S − 1) with S slots, so a little more than K/4.
    let slots = 4.0 * Double(pairs)
    let mean = Double(pairs) / 4 * slots / (slots - 1)
    #expect(abs(forward.value - mean) < 4 * forward.error)
    #expect(abs(backward.value - mean) < 4 * backward.error)
  }

  @Test func requiredInformationCountsBindings() {
    // K/4 = 2: C(63, 2) sets of keys, 64 · 63 values, in both directions.
    #expect(abs(task(128, 32, pairs: 8).requiredBits - 2 * log2(1953 * 4032)) < 1e-9)
    #expect(abs(task(128, 32, pairs: 2).requiredBits - log2(63 * 64)) < 1e-9)
  }

  /// Random filler is any token below V/2 but 0 and the example's keys, whether it is drawn or chosen from a list.
  @Test(arguments: [1, 2])
  func randomFillerIsUniform(pairs: Int) throws {
    // 3 or 4 keys beside those of the pairs' 1 or 2.
    let task = task(10, 4 * pairs + 4, pairs: pairs, filler: true)
    let others = 4 - pairs
    try checkDistribution(of: task, exact: uniform(Array(0..<others))) { example in
      let keys = Set(example.questions.map { example.inputs[$0] })
      let free = (1...4 as ClosedRange<Int32>).filter { !keys.contains($0) }
      // The token after the first query is always filler.
      return free.firstIndex(of: example.inputs[example.questions[0] + 1])!
    }
  }
}
