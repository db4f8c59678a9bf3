import Capacity
import Models
import Support
import Testing

/// Parameters and arithmetic of matrix mixers at d 16 with 4 heads of 8, counted by hand.
@Suite struct MatrixMixerCountTests {
  private static let (length, d, inner, vocabulary, labels) = (40, 16, 32, 64, 3)

  struct Count: Sendable, CustomTestStringConvertible {
    let kind: String
    let keys: [String: SettingValue]
    /// Channels that are convolved besides v, and further ones of the projection.
    let own: Int, rest: Int
    /// Learned numbers of the matrix.
    let matrix: Int
    /// Multiply-adds of the matrix for the whole sequence.
    let arithmetic: Int
    /// Inner channels after the matrix.
    var outer = 32

    var testDescription: String { "\(kind) \(SettingValue.object(keys))" }
  }

  private static let pairs = length * length
  /// Of one scan in one chunk, with N states in one group.
  private static func scan(_ states: Int) -> Int { length * (length + 1) / 2 * (states + inner) }
  private static let diagonal = length * (4 * inner + inner)

  /// 40 tokens in transforms of 64 points, 5/2 · 64 · 6 each: there and back and a complex product for each channel, two
  /// filters for each of four heads.
  private static let transforms = inner * (2 * 960 + 4 * 64) + 2 * 4 * 960

  private static let counts: [Count] = [
    Count(
      kind: "hydra", keys: ["d_state": 5], own: 20, rest: 8, matrix: 4 * 3 + 4 * 32,
      arithmetic: 2 * scan(5) + diagonal),
    Count(
      kind: "bidirectional_ssd", keys: ["d_state": 5, "combine": "multiply"], own: 20, rest: 8,
      matrix: 4 * 3, arithmetic: 2 * scan(5)),
    Count(
      kind: "bidirectional_ssd", keys: ["d_state": 5, "combine": "concat"], own: 20, rest: 8,
      matrix: 4 * 3, arithmetic: 2 * scan(5), outer: 64),
    Count(
      kind: "quasiseparable", keys: ["qk_dim": 2], own: 16, rest: 8, matrix: 4 * 3 + 4 * 32,
      arithmetic: 2 * scan(8) + diagonal),
    Count(
      kind: "quasiseparable", keys: ["qk_dim": 2, "data_dependent": false], own: 0, rest: 0,
      matrix: 4 * 3 + 4 * 32 + 40 * 16, arithmetic: 2 * scan(8) + diagonal),
    Count(
      kind: "low_rank", keys: ["qk_dim": 3], own: 24, rest: 0, matrix: 0,
      arithmetic: 2 * length * 3 * inner),
    Count(
      kind: "low_rank", keys: ["qk_dim": 3, "data_dependent": false], own: 0, rest: 0,
      matrix: 2 * 40 * 12, arithmetic: 2 * length * 3 * inner),
    Count(
      kind: "matrix_attention", keys: ["qk_dim": 3], own: 24, rest: 0, matrix: 0,
      arithmetic: pairs * (12 + inner)),
    Count(
      kind: "cauchy", keys: ["qk_dim": 3], own: 24, rest: 0, matrix: 1,
      arithmetic: pairs * (12 + inner)),
    Count(
      kind: "cauchy", keys: ["qk_dim": 3, "bias": false], own: 24, rest: 0, matrix: 0,
      arithmetic: pairs * (12 + inner)),
    Count(
      kind: "vandermonde", keys: ["qk_dim": 3], own: 24, rest: 0, matrix: 0,
      arithmetic: pairs * (48 + inner)),
    Count(
      kind: "vandermonde", keys: ["data_dependent": false], own: 0, rest: 0, matrix: 0,
      arithmetic: pairs * inner),
    Count(kind: "toeplitz", keys: [:], own: 8, rest: 0, matrix: 0, arithmetic: transforms),
    Count(
      kind: "toeplitz", keys: ["data_dependent": false], own: 0, rest: 0, matrix: 4 * 79,
      arithmetic: transforms),
    Count(
      kind: "dense", keys: [:], own: 0, rest: 0, matrix: 4 * pairs, arithmetic: pairs * inner),
  ]

  @Test(arguments: counts)
  func isWhatTheEquationsImply(_ count: Count) throws {
    let configuration = try model(
      count.kind,
      count.keys.merging([
        "d_model": .int(Self.d), "n_layers": 1, "headdim": 8, "max_length": .int(Self.length),
      ]) { $1 })
    let cost = try ModelCost(configuration, length: Self.length, labelled: Self.labels)
    let convolved = Self.inner + count.own
    let head = Self.vocabulary * Self.d
    let projections = (Self.inner + convolved + count.rest) * Self.d + count.outer * Self.d
    // Embedding, final norm, the block's; taps and bias of the convolution; the norm before the gate.
    #expect(
      cost.parameters
        == head + 2 * Self.d + Self.d + projections + 8 * convolved + count.outer + count.matrix)
    // The gate and the output run for labels alone.
    let forward =
      Self.length * ((convolved + count.rest) * Self.d + 7 * convolved) + count.arithmetic
      + Self.labels * (Self.inner * Self.d + count.outer * Self.d + head)
    #expect(cost.trainMultiplyAdds == Double(3 * forward) / Double(Self.length))
    #expect(cost.decodeMultiplyAdds == nil)
    #expect(try configuration.stateScalars(after: Self.length) == nil)
    // Counted without making the tables.
    #expect(
      configuration.parameterFloats >= Double(cost.parameters)
        && configuration.parameterFloats < Double(cost.parameters) + 400)
  }
}
