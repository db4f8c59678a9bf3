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
