import Foundation
import Support

/// A task that binds keys of [1, V/2) to values above them, in slots of two tokens at even positions. The other slots
/// hold filler.
protocol SlotRecall: RecallTask {
  var pairCount: Int { get }
  /// Whether filler is random instead of 0.
  var randomFiller: Bool { get }
}

extension SlotRecall {
  var keyTokens: Range<Int> { 1..<vocabularySize / 2 }
  var slotCount: Int { sequenceLength / 2 }
  public var difficulty: (name: String, value: Int) { ("n_pairs", pairCount) }

  /// D(n): log₂ of the number of sets of n pairs of a key and a value of its own. Between whole numbers it is a line.
  func bindingBits(_ count: Double) -> Double {
    func bits(_ count: Int) -> Double {
      log2Binomial(keyTokens.count, count) + log2Permutations(answerTokens.count, count)
    }
    let whole = Int(count)
    let share = count - Double(whole)
    return share == 0
      ? bits(whole) : (1 - share) * bits(whole) + share * bits(whole + 1)
  }

  /// Fills the example with 0, or with tokens of [1, V/2) that are none of its keys. Never a value: a filler after a
  /// filler must not look like a pair.
  func fill(
    _ inputs: UnsafeMutableBufferPointer<Int32>, avoiding keys: TokenTable,
    by random: inout RandomStream
  ) {
    guard randomFiller else { return inputs.update(repeating: 0) }
    let others = keyTokens.count - pairCount
    guard others < pairCount else {
      for position in inputs.indices {
        repeat {
          inputs[position] = random.token(in: keyTokens)
        } while keys.contains(inputs[position])
      }
      return
    }
    // Where most tokens are keys, drawing until one is not would take long.
    withThreadScratch(of: Int32.self, capacity: others) { tokens in
      var count = 0
      for token in keyTokens where !keys.contains(Int32(token)) {
        tokens[count] = Int32(token)
        count += 1
      }
      for position in inputs.indices { inputs[position] = tokens[random.below(count)] }
    }
  }

  /// Throws for more pairs than there are keys, of which random filler needs another one.
  func requireKeys() throws(SettingsError) {
    let most = keyTokens.count - (randomFiller ? 1 : 0)
    guard pairCount <= most else {
      throw SettingsError(
        "n_pairs", pairCount,
        allowed: "vocab_size / 2 - \(randomFiller ? "2" : "1") = \(most) at most"
          + (randomFiller ? " where random_filler is true" : ""))
    }
  }

  /// The roles of the key and value in each slot that binds a key to an answer token.
  public func contextRoles(of inputs: [Int32]) -> [TokenRole] {
    var roles = [TokenRole](repeating: .other, count: inputs.count)
    for position in stride(from: 1, to: inputs.count, by: 2)
    where answerTokens.contains(Int(inputs[position])) {
      (roles[position - 1], roles[position]) = (.key, .value)
    }
    return roles
  }

  /// Answers every key with the value of its slot, before or after: a value at an odd position binds the key before it.
  func answerBothWays(
    _ inputs: UnsafeBufferPointer<Int32>, _ answers: UnsafeMutableBufferPointer<Answer>
  ) {
    TokenTable.with(capacity: slotCount) { memory in
      for position in stride(from: 1, to: inputs.count, by: 2)
      where answerTokens.contains(Int(inputs[position])) {
        memory[inputs[position - 1]] = Int32(position)
      }
      for position in inputs.indices {
        answers[position] =
          memory[inputs[position]].map {
            Answer(at: Int($0), of: inputs, query: position..<position + 1)
          } ?? .none
      }
    }
  }
}

extension SettingKey where Root: SlotRecall {
  /// K of slots, of which each pair needs `slots`.
  static func pairCount(_ property: Property<Int>, ofSlots slots: Int) -> Self {
    pairCount(
      property,
      .from(1, to: .of("sequence_length / \(2 * slots)") { $0.sequenceLength / (2 * slots) }))
  }

  static func fillerWithoutKeys(_ property: Property<Bool>) -> Self {
    flag(
      "random_filler", property, "random tokens between queries instead of 0")
  }
}
