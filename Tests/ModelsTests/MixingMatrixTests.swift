import Autodiff
import Foundation
import Models
import Support
import Testing

/// The matrices of causal mixers.
@Suite struct MixingMatrixTests {
  /// (kind, keys, what has a matrix, how many, channels of each, rank of the block of the last 12 tokens and the first 12)
  private static let cases:
    [(String, [String: SettingValue], MixingMatrices.Unit, count: Int, width: Int, rank: Int)] = [
      ("attention", ["num_heads": 3], .head, 3, 4, 12),
      ("sliding_window", ["num_heads": 3, "window_size": 6], .head, 3, 4, 5),
      ("mamba", ["d_state": 3], .channel, 24, 1, 3),
      ("ssd", ["d_state": 5, "headdim": 8, "ngroups": 3], .head, 3, 8, 5),
      ("linear_attention", ["feature_dim": 2, "num_heads": 3], .head, 3, 4, 6),
      ("linear_attention", ["feature_dim": 4, "feature_name": "identity"], .head, 1, 12, 4),
      ("retnet", ["num_heads": 3], .head, 3, 8, 4), ("gla", ["num_heads": 2], .head, 2, 6, 3),
      ("deltanet", ["num_heads": 3], .head, 3, 4, 4),
      ("gated_deltanet", ["num_heads": 3, "head_dim": 3], .head, 3, 6, 3),
      ("kda", ["num_heads": 3, "head_dim": 3], .head, 3, 3, 3),
      (
        "rwkv7",
        [
          "head_dim": 4, "decay_low_rank_dim": 3, "a_low_rank_dim": 3, "v_low_rank_dim": 2,
          "gate_low_rank_dim": 5,
        ], .head, 3, 4, 4
      ),
      ("base_conv", ["kernel_size": 4], .channel, 12, 1, 3),
      ("base_conv", ["kernel_size": -1], .channel, 12, 1, 12),
      ("hyena", ["filter_order": 5], .channel, 12, 1, 12),
      ("h3", ["d_state": 4, "head_dim": 2], .pair, 24, 1, 4),
    ]

  /// It is 0 above the diagonal, and its lower block has the rank of the mixer's state: what crosses the middle.
  @Test(arguments: cases.indices)
  func theRankIsThatOfTheState(_ index: Int) throws {
    let (kind, keys, unit, count, width, rank) = Self.cases[index]
    let m = try MatrixTrial(kind, keys).matrices
    #expect(m.unit == unit && m.count == count && m.width == width && m.length == 24)
    for index in 0..<m.count {
      let values = m[index]
      #expect((0..<24).allSatisfy { t in (t + 1..<24).allSatisfy { values[t * 24 + $0] == 0 } })
      let block = (12..<24).map { t in (0..<12).map { values[t * 24 + $0] } }
      let singular = SingularValues.of(block)
      let found = singular.filter { $0 > 1e-12 * singular[0] }.count
      // Smooth filters have singular values below the tolerance.
      #expect(
        ["hyena", "base_conv", "h3"].contains(kind) ? (2...rank).contains(found) : found == rank,
        "\(kind), matrix \(index): rank \(found)")
    }
  }

  @Test func aMixerWithoutAMatrixSaysSo() throws {
    WorkedExample.register()
    let model = LanguageModel(
      try ModelConfiguration(["kind": "lru", "vocab_size": 5, "max_length": 4, "d_model": 8]))
    let error = #expect(throws: SettingsError.self) {
      try model.mixingMatrices(
        ofLayer: 0, inputs: [], weights: ReferenceWeights(model.initialValues(seed: 1)))
    }
    #expect(error?.description.contains("lru has none") == true)
  }
}
