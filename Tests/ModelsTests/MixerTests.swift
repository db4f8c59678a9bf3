import Autodiff
import Foundation
import Models
import Support
import Testing

@Suite struct MixerTests {
  @Test(arguments: ModelCase.all.filter(\.isCausal))
  func parallelFormEqualsTheRecurrence(_ test: ModelCase) throws {
    let trial = try ModelTrial(test, batch: 1)
    let logits = trial.logits()
    let weights = ReferenceWeights(trial.values)
    var state = try trial.model.initialState()
    for position in 0..<test.length {
      let expected = try trial.model.step(
        Int(trial.tokens[position]), state: &state, weights: weights)
      for (token, value) in expected.enumerated() {
        let actual = Double(logits[position * expected.count + token])
        #expect(
          abs(actual - value) < 2e-4, "position \(position), token \(token): \(actual) \(value)")
      }
    }
  }

  /// A whole sequence through the specifications: of a causal model the same numbers as token by token.
  @Test(arguments: ModelCase.all)
  func parallelFormEqualsTheSpecification(_ test: ModelCase) throws {
    let trial = try ModelTrial(test, batch: 1)
    let logits = trial.logits()
    let weights = ReferenceWeights(trial.values)
    let tokens = trial.tokens.map(Int.init)
    let pass = try trial.model.reference(tokens, weights: weights)
    let largest = zip(logits, pass.logits.joined()).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
    #expect(largest < 2e-4)
    guard test.isCausal else { return }
    var state = try trial.model.initialState()
    for (token, expected) in zip(tokens, pass.logits) {
      #expect(try trial.model.step(token, state: &state, weights: weights) == expected)
    }
  }

  /// Mixers that are not causal see later tokens.
  @Test(arguments: ModelCase.all.filter { $0.length > 2 && !$0.isCausal })
  func laterTokensMatter(_ test: ModelCase) throws {
    var trial = try ModelTrial(test, batch: 1)
    let before = trial.logits()
    trial.tokens[test.length - 1] = (trial.tokens[test.length - 1] + 1) % 11
    #expect(zip(before, trial.logits()).prefix(11).contains { abs($0 - $1) > 1e-4 })
  }

  /// Later tokens never change earlier outputs.
  @Test(arguments: ModelCase.all.filter { $0.length > 2 && $0.isCausal })
  func laterTokensDoNotMatter(_ test: ModelCase) throws {
    var trial = try ModelTrial(test, batch: 1)
    let before = trial.logits()
    let changed = test.length / 2
    trial.tokens[changed] = (trial.tokens[changed] + 1) % 11
    let after = trial.logits()
    let unchanged = changed * 11
    let error = zip(before, after).prefix(unchanged).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(error <= (test.isCausalToTheBit ? 0 : 2e-5))
    #expect(before[unchanged...] != after[unchanged...])
  }

  /// An example's result does not depend on its neighbours in the batch.
  @Test(arguments: ModelCase.all)
  func examplesOfABatchAreIndependent(_ test: ModelCase) throws {
    let trial = try ModelTrial(test, batch: 3)
    let together = trial.logits()
    let size = test.length * 11
    for example in 0..<3 {
      var alone = trial
      alone.batch = 1
      alone.tokens = Array(trial.tokens[(example * test.length)..<((example + 1) * test.length)])
      for (a, b) in zip(alone.logits(), together[(example * size)..<((example + 1) * size)]) {
        #expect(abs(a - b) < 1e-5)
      }
    }
  }

  /// The counts that the papers' recurrences imply, written out by hand for these shapes.
  @Test func stateIsCountedFromTheRecurrence() throws {
    func scalars(_ kind: String, _ mixer: [String: SettingValue], tokens: Int) throws -> [Int] {
      let trial = try ModelTrial(ModelCase(kind, max(1, tokens), mixer), batch: 1)
      var state = try trial.model.initialState()
      let weights = ReferenceWeights(trial.values)
      for token in 0..<tokens {
        _ = try trial.model.step(token % 11, state: &state, weights: weights)
      }
      return [
        state.layers.reduce(0) { $0 + $1.count(.keyValueCache) },
        state.layers.reduce(0) { $0 + $1.count(.recurrence) },
        state.layers.reduce(0) { $0 + $1.count(.convolution) },
      ]
    }
    // Two layers, d 12. Attention: keys and values, 24 a token and layer.
    #expect(try scalars("attention", [:], tokens: 0) == [0, 0, 0])
    #expect(try scalars("attention", [:], tokens: 5) == [2 * 24 * 5, 0, 0])
    // Mamba, 24 inner channels: N each, and three past inputs each.
    #expect(try scalars("mamba", ["d_state": 4], tokens: 5) == [0, 2 * 24 * 4, 2 * 24 * 3])
    // SSD: the convolution also covers B and C of each group.
    #expect(
      try scalars("ssd", ["d_state": 5, "headdim": 8, "ngroups": 3], tokens: 5)
        == [0, 2 * 24 * 5, 2 * (24 + 2 * 3 * 5) * 3])
    // A hybrid of three layers, Mamba, attention, Mamba: the sum.
    let mixers: SettingValue = [["kind": "mamba", "d_state": 4], ["kind": "attention"]]
    let hybrid = try scalars("hybrid", ["n_layers": 3, "mixers": mixers], tokens: 5)
    #expect(hybrid == [24 * 5, 2 * 24 * 4, 2 * 24 * 3])
  }

  @Test func everyMixerFileIsInTheCatalogue() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/Models/Mixers").standardizedFileURL
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".swift") }.map { String($0.dropLast(6)) }
    #expect(Set(files) == Set(MixerCatalog.builtIn.map { "\($0)" }))
  }
}
