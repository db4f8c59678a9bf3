import Autodiff
import Capacity
import Models
import Support
import Testing

/// A state that is kept in bfloat16.
@Suite struct StateRoundingTests {
  private func measured(
    _ mixer: [String: SettingValue], length: Int = 24, examples count: Int = 2
  ) throws -> StateRounding {
    let values = mixer.merging(
      ["d_model": 16, "n_layers": 2, "vocab_size": 32, "max_length": .int(length)]
    ) { $1 }
    let model = LanguageModel(try ModelConfiguration(values))
    var random = RandomStream(5)
    let examples = (0..<count).map { _ in (0..<length).map { _ in Int(random.next() % 32) } }
    return try StateRounding(
      of: model, weights: ReferenceWeights(model.initialValues(seed: 0)), examples: examples)
  }

  @Test(arguments: [
    (0.0, 0.0), (1, 1), (-1.00390625, -1), (1.01171875, 1.015625), (1e-3, 0.00099945068359375),
  ])
  func nearestBFloat16(_ x: Double, _ expected: Double) {
    #expect(x.roundedToBFloat16 == expected)
  }

  @Test func otherNumbersStayWhatTheyAre() {
    #expect(Double.infinity.roundedToBFloat16 == .infinity)
    #expect(Double.nan.roundedToBFloat16.isNaN)
    #expect((-0.0).roundedToBFloat16.sign == .minus)
  }

  /// Keys and values are rounded once, so a cache is wrong by half a unit of the eighth bit at most, after every number of
  /// tokens; where the first layer's are rounded, the second layer's inputs are wrong, too.
  @Test func aCacheIsRoundedOnce() throws {
    let one = try measured(["kind": "attention"])
    #expect(one.examples == 2 && one.points.map(\.tokens) == [1, 2, 4, 8, 16, 24])
    for point in one.points {
      #expect((0.0005...0.006).contains(point.stateError), "\(point)")
      // The first token reads no earlier state.
      #expect((point.logitError > 0) == (point.tokens > 1) && point.logitError < 0.01)
    }
  }

  /// A state that hardly decays gathers an error with every token.
  @Test(arguments: ["linear_attention", "gla"])
  func errorsOfASumAddUp(kind: String) throws {
    let points = try measured(["kind": .string(kind)], length: 256, examples: 1).points
    #expect(points.last!.stateError > 1.5 * points[0].stateError, "\(points)")
    #expect(points.allSatisfy { (1e-4...0.1).contains($0.stateError) })
  }

  /// A state that decays forgets its errors, too: it stays about as wrong as one rounding makes it.
  @Test(
    arguments: [["kind": "ssd", "headdim": 16], ["kind": "mamba"]] as [[String: SettingValue]])
  func errorsDecayWithTheState(mixer: [String: SettingValue]) throws {
    let points = try measured(mixer, length: 256, examples: 1).points
    #expect(points.allSatisfy { (1e-4...0.02).contains($0.stateError) }, "\(points)")
  }

  /// The number of the next token, by which RetNet rotates, is no number of the state: beyond 256 bfloat16 does not have
  /// every whole number, and all keys would be turned wrongly.
  @Test func positionsAreNotRounded() throws {
    let points = try measured(["kind": "retnet", "num_heads": 2], length: 300, examples: 1).points
    #expect(points.last!.stateError < 0.02, "\(points)")
    // It is no part of the state's size either, which would hide the error.
    #expect(points.allSatisfy { $0.stateError > 1e-3 }, "\(points)")
  }

  /// The last inputs of a short convolution are no memory: a layer that has nothing else does not count.
  @Test func onlyLayersWithAMemoryCount() throws {
    let alone = try measured(["kind": "hybrid", "mixers": [["kind": "gla"]]], length: 64)
    let behind = try measured(
      ["kind": "hybrid", "mixers": [["kind": "base_conv"], ["kind": "gla"]]], length: 64)
    // With base_conv's single rounding it would be half of that.
    #expect(behind.points.last!.stateError > 0.7 * alone.points.last!.stateError)
    let none = try measured(["kind": "base_conv"])
    #expect(none.points.allSatisfy { $0.stateError == 0 && $0.logitError >= 0 })
  }

  @Test func needsARecurrence() throws {
    #expect(throws: SettingsError.self) { try measured(["kind": "toeplitz", "d_model": 64]) }
  }
}
