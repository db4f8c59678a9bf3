import Foundation
import RecallTasks
import Support
import Testing

@Suite struct CompositionalRecallTests {
  private func task(
    _ vocabulary: Int, _ length: Int, pairs: Int
  ) -> CompositionalRecall {
    var task = CompositionalRecall()
    (task.vocabularySize, task.sequenceLength, task.pairCount) = (vocabulary, length, pairs)
    return task
  }

  /// a, b and value of each combination.
  private func triplets(of example: Example, _ task: CompositionalRecall) -> [[Int32]] {
    (0..<task.pairCount).map { Array(example.inputs[3 * $0..<3 * $0 + 3]) }
  }

  @Test func documentationDrawsExampleZero() throws {
    try checkDrawing(of: task(25, 24, pairs: 4))
  }

  @Test func examplesAreAsDefined() throws {
    try checkExamples { random in
      let size = 1 + random.below(5)
      let length = 6 * size * size + random.below(60)
      var task = task(
        length + 1 + random.below(2) * random.below(300), length, pairs: size * size)
      task.power = [0.01, 1, 0, 2.5][random.below(4)]
      task.randomFiller = random.below(2) == 0
      return task
    } fault: { example, task, _ in
      let triplets = triplets(of: example, task)
      let third = Int32(task.vocabularySize / 3)
      guard
        triplets.allSatisfy({
          0 < $0[0] && $0[0] < third && third <= $0[1] && $0[1] < 2 * third && 2 * third <= $0[2]
        })
      else { return "a token out of range" }
      let sizes = (0..<3).map { part in Set(triplets.map { $0[part] }).count }
      guard sizes[0] * sizes[0] == task.pairCount, sizes[1] == sizes[0],
        sizes[2] == task.pairCount, Set(triplets.map { Array($0[..<2]) }).count == task.pairCount
      else { return "not a grid" }
      let asked = example.questions.map {
        [example.inputs[$0 - 1], example.inputs[$0], example.labels[$0]]
      }
      guard Set(asked) == Set(triplets), asked.count == task.pairCount else {
        return "not every combination is asked once"
      }
      let context = 3 * task.pairCount
      guard example.questions.allSatisfy({ $0 >= context && ($0 - context) % 3 == 1 }) else {
        return "a question outside a slot"
      }
      let queries = Set(example.questions.flatMap { [$0 - 1, $0] })
      let filler = (context..<task.sequenceLength).filter { !queries.contains($0) }
      guard task.randomFiller || filler.allSatisfy({ example.inputs[$0] == 0 }) else {
        return "filler that is not 0"
      }
      return nil
    }
  }

  @Test func nearMissesNameTheirKey() {
    checkNearMisses(
      [
        ("sequence_length", { $0.sequenceLength = 5 }), ("vocab_size", { $0.vocabularySize = 64 }),
        ("n_pairs", { $0.pairCount = 8 }), ("n_pairs", { $0.pairCount = 16 }),
        ("n_pairs", { $0.pairCount = 0 }), ("n_pairs", { $0.pairCount = -4 }),
        ("n_pairs", { $0.pairCount = .max }), ("power_a", { $0.power = .nan }),
      ] as [(String, (inout CompositionalRecall) -> Void)])
  }

  /// Every order of the four combinations is as likely.
  @Test func ordersAreUniform() throws {
    let task = task(25, 24, pairs: 4)
    let orders = sequences(4, of: [0, 1, 2, 3]).filter { Set($0).count == 4 }
    try checkDistribution(of: task, exact: uniform(orders)) { example in
      let triplets = triplets(of: example, task)
      return triplets.map { triplet in
        let isLarger = (0..<2).map { part in triplets.contains { $0[part] < triplet[part] } }
        return (isLarger[0] ? 2 : 0) + (isLarger[1] ? 1 : 0)
      }
    }
  }

  @Test func requiredInformationCountsMaps() throws {
    // 1 first part, 2 second parts, 3 values.
    let smallest = task(7, 6, pairs: 1)
    try checkRequiredBits(of: smallest) { triplets(of: $0, smallest) }
    // 2 of 7 first parts, 2 of 8 second parts, 4 of 9 values.
    #expect(abs(task(25, 24, pairs: 4).requiredBits - log2(21 * 28 * 3024)) < 1e-9)
  }

  /// Parts and values are uniform sets, and it is equally likely which goes where.
  @Test func partsAndValuesAreUniform() throws {
    // One triplet: parts of 1…2 and 3…5, values of 6…9.
    let first = task(10, 6, pairs: 1)
    let exact = sequences(1, of: [1, 2] as [Int32]).flatMap { a in
      ([3, 4, 5] as [Int32]).flatMap { b in ([6, 7, 8, 9] as [Int32]).map { a + [b, $0] } }
    }
    try checkDistribution(of: first, exact: uniform(exact)) { Array($0.inputs[..<3]) }
    let grid = task(25, 24, pairs: 4)
    let values = Array(16..<25 as Range<Int32>)
    try checkDistribution(
      of: grid, exact: uniform(sequences(2, of: values).filter { $0[0] != $0[1] })
    ) { [$0.inputs[2], $0.inputs[5]] }
  }

  @Test(arguments: [(25, 24, 4), (100, 60, 9), (7, 6, 1)])
  func baselineIsAsStated(vocabulary: Int, length: Int, pairs: Int) throws {
    var task = task(vocabulary, length, pairs: pairs)
    task.power = 1
    try checkBaseline(of: task) { example, _, random in
      example.inputs[3 * random.below(pairs) + 2]
    }
  }

  @Test func querySlotTellsMoreThanRandomPair() throws {
    let task = task(100, 60, pairs: 9)
    let likeliest = QuerySlotBaseline(pairs: 9, slots: 11, power: task.power).likeliest
    #expect(task.baseline.accuracy > 1.2 / 9)
    try checkBaseline(of: task, isMeasured: true) { example, position, _ in
      example.inputs[3 * likeliest[(position - 27) / 3].pair + 2]
    }
  }
}
