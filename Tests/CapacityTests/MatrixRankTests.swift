import Autodiff
import Capacity
import Foundation
import Models
import Support
import Testing

/// Ranks of mixing matrices at a cut.
@Suite struct MatrixRankTests {
  /// Σ over `rank` terms of a decaying outer product below the diagonal, and so many above.
  private func semiseparable(_ length: Int, lower: Int, upper: Int, seed: UInt64 = 1) -> [Double] {
    var random = RandomStream(seed)
    func vectors(_ count: Int) -> [[Double]] {
      (0..<length).map { _ in (0..<count).map { _ in random.normal() } }
    }
    let (b, c, e, f) = (vectors(lower), vectors(lower), vectors(upper), vectors(upper))
    var matrix = [Double](repeating: 0, count: length * length)
    for t in 0..<length {
      for s in 0..<length {
        let (q, k) = t >= s ? (c[t], b[s]) : (f[t], e[s])
        matrix[t * length + s] =
          zip(q, k).reduce(0) { $0 + $1.0 * $1.1 } * pow(0.97, Double(abs(t - s)))
      }
    }
    return matrix
  }

  @Test(arguments: [(1, 1), (3, 5), (4, 0), (0, 2)])
  func constructedRanksAreFound(lower: Int, upper: Int) throws {
    let length = 24
    let matrix = semiseparable(length, lower: lower, upper: upper)
    for cut in 1..<length {
      let spectrum = try CutSpectrum(of: matrix, length: length, cut: cut)
      let most = min(cut, length - cut)
      #expect(spectrum.lower.count == most && spectrum.upper.count == most)
      #expect(RankTolerance.structural.rank(of: spectrum.lower) == min(lower, most))
      #expect(RankTolerance.structural.rank(of: spectrum.upper) == min(upper, most))
      #expect(spectrum.rank(.structural) == min(lower, most) + min(upper, most))
    }
  }

  @Test func tolerancesAreSharesOfTheLargest() {
    let values = [10, 0.2, 0.05, 0.0099, 1e-10, 1e-12, 0]
    #expect(RankTolerance.structural.rank(of: values) == 5)
    #expect(RankTolerance.fine.rank(of: values) == 3)
    #expect(RankTolerance.effective.rank(of: values) == 2)
    #expect(RankTolerance.structural.rank(of: [0, 0]) == 0)
    #expect(RankTolerance.structural.rank(of: []) == 0)
  }

  @Test func carriedCountsWidthAndAllMatrices() throws {
    let length = 12
    let parts = [
      semiseparable(length, lower: 2, upper: 1), semiseparable(length, lower: 3, upper: 0, seed: 2),
    ]
    let matrices = MixingMatrices(of: .head, count: 2, width: 5, length: length) { parts[$0] }
    let carried = try CarriedScalars(of: matrices)
    #expect(carried.cuts == Array(1..<length))
    for (cut, scalars) in zip(carried.cuts, carried.carried[.structural]!) {
      let side = min(cut, length - cut)
      #expect(scalars == 5 * (min(2, side) + min(1, side) + min(3, side)))
    }
    #expect(carried.most(.structural)! == (3, 30))
  }

  @Test func longSequencesHaveFewerCuts() {
    #expect(CarriedScalars.cuts(of: 256).count == 255)
    let cuts = CarriedScalars.cuts(of: 1000)
    #expect(cuts.count == 63 && cuts.contains(500) && cuts.allSatisfy((1..<1000).contains))
    #expect(CarriedScalars.cuts(of: 2) == [1])
  }

  @Test func numbersThatAreNotFiniteAreRefused() {
    #expect(throws: SettingsError.self) {
      try CutSpectrum(of: [1, 2, .nan, 4], length: 2, cut: 1)
    }
  }

  private func rank(
    _ model: [String: SettingValue], length: Int
  ) throws -> StructuralRank? {
    StructuralRank(
      try ModelConfiguration(model.merging(["d_model": 16, "n_layers": 2]) { $1 }), length: length)
  }

  /// On the scale of state: SSD's N a head, attention as much as there are tokens on one side.
  @Test(arguments: [4, 16, 64])
  func ofSSDIsItsState(stateDimension: Int) throws {
    let ssd = try #require(
      try rank(["kind": "ssd", "d_state": .int(stateDimension), "headdim": 8], length: 40))
    #expect(ssd.layers.count == 1)
    #expect(ssd.layers[0].matrices == 4 && ssd.layers[0].width == 8)
    #expect(ssd.layers[0].lower == min(stateDimension, 20) && ssd.layers[0].upper == 0)
    #expect(ssd.layers[0].carried == 4 * 8 * min(stateDimension, 20))
  }

  /// Decay does not count, although with it the singular values of a long sequence fall below any tolerance: A is up to
  /// 16 and dt up to 0.1 at the start.
  @Test(arguments: [("ssd", 64), ("ssd", 100), ("hydra", 64)])
  func decayDoesNotCount(kind: String, stateDimension: Int) throws {
    let rank = try #require(
      try rank(["kind": .string(kind), "d_state": .int(stateDimension), "headdim": 8], length: 256))
    let layer = rank.layers[0]
    let upper = kind == "hydra" ? stateDimension : 0
    #expect(layer.lower == stateDimension && layer.upper == upper)
    #expect(layer.matrices == 4 && layer.computed == 4)
    #expect(layer.carried == 4 * 8 * (stateDimension + upper))
  }

  /// Of many channels 8 are computed.
  @Test func manyMatricesAreSampled() throws {
    let rank = try #require(try rank(["kind": "m2", "block": "common"], length: 8))
    #expect(rank.layers[0].matrices >= 16 && rank.layers[0].computed == 8)
    #expect(rank.layers[0].lower == 4 && rank.layers[0].upper == 4)
    #expect(rank.layers[0].carried == rank.layers[0].matrices * rank.layers[0].width * 8)
  }

  /// SSD's matrix with 64 states at random and the decay exp(−dt) a token, at the middle of 256 tokens: decay leaves the rank that the
  /// structure has, and takes most of what is of use.
  @Test func decayCostsEffectiveRank() throws {
    func ranks(_ dt: Double) throws -> [RankTolerance: Int] {
      let length = 256
      var random = RandomStream(7)
      let (b, c) = (
        (0..<length).map { _ in (0..<64).map { _ in random.normal() } },
        (0..<length).map { _ in (0..<64).map { _ in random.normal() } }
      )
      var matrix = [Double](repeating: 0, count: length * length)
      for t in 0..<length {
        for s in 0...t {
          matrix[t * length + s] =
            zip(c[t], b[s]).reduce(0) { $0 + $1.0 * $1.1 } * exp(-dt * Double(t - s))
        }
      }
      let lower = try CutSpectrum(of: matrix, length: length, cut: length / 2).lower
      return Dictionary(
        uniqueKeysWithValues: RankTolerance.allCases.map { ($0, $0.rank(of: lower)) })
    }
    let (slow, fast) = (try ranks(1e-3), try ranks(0.1))
    #expect(slow[.structural] == 64 && slow[.fine] == 64 && slow[.effective] == 64)
    #expect(fast[.structural] == 64)
    #expect((26...40).contains(fast[.fine]!) && (16...28).contains(fast[.effective]!), "\(fast)")
  }

  /// Over examples the mean, over cuts the largest, over matrices the sum.
  @Test func aModelsRanksAreMeasuredOnExamples() throws {
    let configuration = try ModelConfiguration([
      "kind": "hybrid", "d_model": 16, "n_layers": 2, "vocab_size": 32, "max_length": 32,
      "mixers": [
        ["kind": "ssd", "d_state": 8, "headdim": 8], ["kind": "sliding_window", "window_size": 5],
      ],
    ])
    let model = LanguageModel(configuration)
    var random = RandomStream(3)
    let examples = (0..<3).map { _ in (0..<32).map { _ in Int(random.next() % 32) } }
    let measured = try RankMeasurement(
      of: model, weights: ReferenceWeights(model.initialValues(seed: 0)), examples: examples)
    #expect(measured.examples == 3 && measured.length == 32)
    let (ssd, window) = (measured.layers[0], measured.layers[1])
    #expect(ssd.kind == "ssd" && ssd.matrices == 4 && ssd.width == 8)
    // At the first and the last cut, with 4 tokens on one side, it would be 4.
    #expect(ssd.structural == 4 * 8 * 8)
    #expect(window.kind == "sliding_window" && window.structural == Double(16 * 4))
    for layer in measured.layers {
      #expect(layer.effective > 0 && layer.effective <= layer.structural)
    }
    let all = (ssd.effective + window.effective) / Double(4 * 8 + 16)
    #expect(abs(try #require(measured.effectiveRank) - all) < 1e-12)
  }

  @Test func ofAttentionIsHalfTheLength() throws {
    let attention = try #require(try rank(["kind": "attention", "num_heads": 2], length: 30))
    #expect(attention.layers[0].lower == 15 && attention.layers[0].upper == 0)
    let window = try #require(
      try rank(["kind": "sliding_window", "window_size": 5, "num_heads": 2], length: 30))
    // Of the right half, 4 tokens see some of the left.
    #expect(window.layers[0].lower == 4)
  }

  /// The matrices of a long sequence would take too much time and memory.
  @Test func longSequencesHaveNoRank() throws {
    #expect(try rank(["kind": "attention"], length: 1025) == nil)
  }
}
