import Foundation
import Support

/// Memorization (Poli et al. 2024, MAD, arXiv 2403.17844).
///
/// `map_seed` determines a map from the keys [1, V/2) to distinct values of [V/2, V), which all examples of all splits
/// and seeds share. An example is L/2 random keys, each followed by INSERT (0), whose label is the key's value. No
/// example shows a value: the task measures what parameters remember.
///
/// Example 0 of split train at seed 0 for vocab_size 20, sequence_length 12, map_seed 0:
/// ```
/// inputs  7  0  9  0  2  0  4  0  3  0  5  0
/// labels  . 16  . 18  . 12  . 10  . 19  . 15
/// ```
public struct Memorization: RecallTask {
  public static let kind = "memorization"
  public static let question = "how many facts do the parameters hold?"
  /// Nothing of it is short: it has no context.
  public static let curriculum: Curriculum? = Curriculum(shortest: .max, firstSizes: [:])

  public var vocabularySize = 256
  public var sequenceLength = 32
  /// Names the map.
  public var mapSeed = 0

  public init() {}

  public static let keys: [SettingKey<Memorization>] = [
    // The map is shuffled again for every example, so it must not be large.
    .vocabularySize(\.vocabularySize, .from(6, to: .init(1 << 22))),
    .evenSequenceLength(\.sequenceLength, atLeast: 2),
    .integer("map_seed", \.mapSeed, .any, "names the map that every example shares"),
  ]

  public var difficulty: (name: String, value: Int) { ("vocab_size", vocabularySize) }

  /// The state must carry only the last key: log₂ of the number of keys. The map, log₂ of values! / (values − keys)!
  /// bits, is in the parameters.
  public var requiredBits: Double { log2(Double(keys.count)) }

  /// All keys have the same probability, and different values.
  public var baseline: Baseline {
    Baseline("any value of the map", accuracy: 1 / Double(keys.count))
  }

  public var isSafeInBothDirections: Bool { true }
  public var answerTokens: Range<Int> { vocabularySize / 2..<vocabularySize }

  private var keys: Range<Int> { 1..<vocabularySize / 2 }
  private static let insert: Int32 = 0

  public func write(
    example index: Int, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    var random = stream(example: index, seed: seed, split: split)
    labels.update(repeating: ignoreIndex)
    withMap { values in
      for position in stride(from: 0, to: sequenceLength, by: 2) {
        inputs[position] = random.token(in: keys)
        inputs[position + 1] = Self.insert
        labels[position + 1] = values[Int(inputs[position]) - keys.lowerBound]
      }
    }
  }

  public func solve(
    inputs: UnsafeBufferPointer<Int32>, answers: UnsafeMutableBufferPointer<Answer>
  ) {
    answers.update(repeating: .none)
    withMap { values in
      for position in inputs.indices.dropFirst()
      where inputs[position] == Self.insert && keys.contains(Int(inputs[position - 1])) {
        answers[position] = Answer(
          token: values[Int(inputs[position - 1]) - keys.lowerBound],
          query: position - 1..<position + 1)
      }
    }
  }

  /// Calls `body` with the value of every key: the start of a shuffled list of all values.
  private func withMap(_ body: (UnsafeMutableBufferPointer<Int32>) -> Void) {
    var random = RandomStream(
      RandomStream.number(of: Self.kind), RandomStream.number(of: "map"),
      UInt64(bitPattern: Int64(mapSeed)))
    withThreadScratch(of: Int32.self, capacity: answerTokens.count) { values in
      for (index, value) in answerTokens.enumerated() {
        values.initializeElement(at: index, to: Int32(value))
      }
      random.shuffle(values)
      body(values)
    }
  }
}
