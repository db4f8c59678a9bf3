import Foundation
import RecallTasks
import Support
import Testing

@Suite struct MQARTests {
  @Test func documentationDrawsExampleZero() throws {
    var task = MQAR()
    (task.vocabularySize, task.sequenceLength, task.pairCount) = (20, 16, 3)
    try checkDrawing(of: task)
  }

  @Test func examplesAreAsDefined() throws {
    try checkExamples(5000, random: randomTask) { example, task, _ in fault(of: example, task) }
  }

  private func randomTask(by random: inout RandomStream) -> MQAR {
    var task = MQAR()
    task.pairCount = 1 + random.below(24)
    task.passes = 1 + random.below(3)
    task.sequenceLength = 2 * task.pairCount * (task.passes + 1) + 2 * random.below(40)
    task.vocabularySize = task.sequenceLength + 1 + random.below(3) * random.below(200)
    task.power = [0.01, 1, 0, 2.5][random.below(4)]
    task.randomFiller = random.below(2) == 0
    task.fillerAvoidsKeys = random.below(2) == 0
    return task
  }

  /// What is wrong with an example, nil if nothing is.
  private func fault(of example: Example, _ task: MQAR) -> String? {
    let half = Int32(task.vocabularySize / 2)
    let pairs = example.pairs(2 * task.pairCount)
    let (keys, values) = (pairs.map(\.key), pairs.map(\.value))
    let context = 2 * task.pairCount * task.passes
    let shown = example.inputs[..<context]
    guard shown.indices.allSatisfy({ shown[$0] == shown[$0 % (2 * task.pairCount)] }) else {
      return "a pass differs"
    }
    let valueOfKey = Dictionary(zip(keys, values)) { first, _ in first }
    guard valueOfKey.count == task.pairCount else { return "keys repeat" }
    guard Set(values).count == task.pairCount else { return "values repeat" }
    guard keys.allSatisfy((1..<half).contains) else { return "a key out of range" }
    guard values.allSatisfy((half..<Int32(task.vocabularySize)).contains) else {
      return "a value out of range"
    }
    guard example.labels[..<context].allSatisfy({ $0 == ignoreIndex }) else {
      return "a label in the context"
    }
    var asked: [Int32] = []
    for position in context..<task.sequenceLength {
      let (token, label) = (example.inputs[position], example.labels[position])
      if label != ignoreIndex {
        guard (position - context).isMultiple(of: 2) else { return "a label inside a slot" }
        guard valueOfKey[token] == label else { return "a label that is not the key's value" }
        asked.append(token)
      } else if task.randomFiller {
        guard (0..<Int32(task.vocabularySize)).contains(token) else { return "filler out of range" }
        if task.fillerAvoidsKeys, valueOfKey[token] != nil { return "filler that is a key" }
      } else if token != 0 {
        return "filler that is not 0"
      }
    }
    guard asked.sorted() == keys.sorted() else { return "not every key is asked exactly once" }
    return nil
  }

  /// With random filler, filler that equals a key is as frequent as K/V says, unless avoided.
  @Test func randomFillerMeetsKeysAsOftenAsChance() {
    var task = MQAR()
    (task.vocabularySize, task.sequenceLength, task.pairCount) = (65, 64, 8)
    task.randomFiller = true
    var met = 0
    let examples = 4000
    for index in 0..<examples {
      let example = task.example(at: index, seed: 1, split: .train)
      let keys = Set(stride(from: 0, to: 16, by: 2).map { example.inputs[$0] })
      met += (16..<64).count {
        example.labels[$0] == ignoreIndex && keys.contains(example.inputs[$0])
      }
    }
    // 40 filler tokens an example, each a key with probability 8/65: five standard deviations.
    let (count, p) = (Double(40 * examples), 8.0 / 65)
    #expect(abs(Double(met) - count * p) < 5 * (count * p * (1 - p)).squareRoot())
  }

  @Test func nearMissesNameTheirKey() {
    checkNearMisses(
      [
        ("sequence_length", { $0.sequenceLength = 65 }),
        ("sequence_length", { $0.sequenceLength = 2 }),
        ("sequence_length", { $0.sequenceLength = -4 }), ("vocab_size", { $0.vocabularySize = 64 }),
        ("vocab_size", { $0.vocabularySize = 1 << 31 }), ("n_pairs", { $0.pairCount = 17 }),
        ("n_pairs", { $0.pairCount = 0 }), ("n_pairs", { $0.pairCount = .max }),
        ("power_a", { $0.power = -0.01 }), ("power_a", { $0.power = .nan }),
        ("power_a", { $0.power = .infinity }), ("vocab_size", { $0.sequenceLength = 8192 }),
        ("num_passes", { $0.passes = 0 }), ("num_passes", { $0.passes = 32 }),
        ("num_passes", { $0.passes = .max }), ("n_pairs", { $0.passes = 2 }),
      ] as [(String, (inout MQAR) -> Void)])
  }

  @Test func limitsAreValid() throws {
    var task = MQAR()
    (task.sequenceLength, task.pairCount, task.vocabularySize) = (4, 1, 5)
    try task.validate()
    #expect(task.solution(of: task.example(at: 0, seed: 0, split: .train).inputs).count == 4)
    task.vocabularySize = Int(Int32.max)
    try task.validate()
    _ = task.example(at: 0, seed: 0, split: .train)
  }

  @Test func requiredInformationCountsMaps() throws {
    var task = MQAR()
    (task.vocabularySize, task.sequenceLength, task.pairCount) = (9, 8, 2)
    // 3 keys, 5 values: C(3, 2) · 5 · 4 = 60 maps.
    #expect(abs(task.requiredBits - log2(60)) < 1e-12)
    try checkRequiredBits(of: task) { $0.map(4) }
  }

  private func task(_ length: Int, _ pairs: Int, passes: Int = 1, power: Double) -> MQAR {
    var task = MQAR()
    (task.sequenceLength, task.pairCount, task.passes) = (length, pairs, passes)
    (task.vocabularySize, task.power) = (length + 1, power)
    return task
  }

  @Test(arguments: [(16, 4, 1), (64, 16, 1), (64, 5, 2)])
  func baselineIsAsStated(length: Int, pairs: Int, passes: Int) throws {
    let task = task(length, pairs, passes: passes, power: 1)
    #expect(task.baseline.name == "any shown value")
    try checkBaseline(of: task) { example, _, random in
      example.inputs[2 * random.below(task.pairCount) + 1]
    }
  }

  /// Keys and values are distinct and otherwise uniform, and do not depend on each other.
  @Test func keysAndValuesAreUniform() throws {
    let task = task(8, 2, power: 0.01)
    // 3 keys of [1, 4), 5 values of [4, 9).
    var exact: [[Int32]: Double] = [:]
    for keys in sequences(2, of: [1, 2, 3] as [Int32]) where keys[0] != keys[1] {
      for values in sequences(2, of: [4, 5, 6, 7, 8] as [Int32]) where values[0] != values[1] {
        exact[[keys[0], values[0], keys[1], values[1]]] = 1.0 / 6 / 20
      }
    }
    try checkDistribution(of: task, exact: exact) { Array($0.inputs[..<4]) }
  }

  /// Random filler is any token; what avoids keys, any other.
  @Test(arguments: [false, true])
  func randomFillerIsUniform(avoidsKeys: Bool) throws {
    var task = task(8, 1, power: 0.01)
    (task.randomFiller, task.fillerAvoidsKeys) = (true, avoidsKeys)
    var exact: [[Int32]: Double] = [:]
    for key in 1...3 as ClosedRange<Int32> {
      for token in 0..<9 as Range<Int32> where !avoidsKeys || token != key {
        exact[[key, token]] = 1.0 / 3 / (avoidsKeys ? 8 : 9)
      }
    }
    // The last token is never a query.
    try checkDistribution(of: task, exact: exact) { [$0.inputs[0], $0.inputs[7]] }
  }
}
