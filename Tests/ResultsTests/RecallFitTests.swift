import Foundation
import Results
import Support
import Testing

@Suite struct RecallFitTests {
  private static let planted: [(halfway: Double, slope: Double)] = [
    (16, 2), (5, 0.7), (40, 5), (3, 1.5), (200, 3),
  ]
  private static let pairs = [1, 2, 4, 8, 16, 32, 64, 128]

  /// Accuracies that lie on a curve give it back, whatever the weights.
  @Test(arguments: planted)
  func recoversACurveWithoutNoise(halfway: Double, slope: Double) throws {
    let curve = RecallCurve(halfway: halfway, slope: slope)
    let points = Self.pairs.enumerated().map { index, pairs in
      RecallPoint(
        pairs: pairs, accuracy: curve.accuracy(pairs: Double(pairs)), examples: 100 + 300 * index,
        seed: UInt64(index % 3))
    }
    let fitted = try #require(RecallCurve(fitting: points))
    #expect(abs(fitted.pairs(accuracy: 0.5) / halfway - 1) < 1e-5)
    #expect(abs(fitted.slope / slope - 1) < 1e-5)
    // K₉₀ = K₅₀ · 9^(−1/s)
    #expect(abs(fitted.pairs(accuracy: 0.9) / (halfway * pow(9, -1 / slope)) - 1) < 1e-5)
  }

  /// Binomial noise moves the fit by no more than five standard errors, by the fit's own information
  /// matrix (with n examples a point, H = Σ n p (1 − p) x xᵀ).
  @Test(arguments: planted)
  func recoversACurveThroughNoise(halfway: Double, slope: Double) throws {
    let (curve, examples) = (RecallCurve(halfway: halfway, slope: slope), 2000)
    var stream = RandomStream(1, UInt64(halfway))
    let points = Self.pairs.map { pairs in
      let p = curve.accuracy(pairs: Double(pairs))
      let right = (0..<examples).count { _ in stream.uniform() < p }
      return RecallPoint(
        pairs: pairs, accuracy: Double(right) / Double(examples), examples: examples, seed: 0)
    }
    let fitted = try #require(RecallCurve(fitting: points))
    // With x = ln K − ln K₅₀ the two parameters are the logit at K₅₀ and the slope.
    var (h00, h01, h11) = (0.0, 0.0, 0.0)
    for pairs in Self.pairs {
      let x = log(Double(pairs) / halfway)
      let p = curve.accuracy(pairs: Double(pairs))
      let weight = Double(examples) * p * (1 - p)
      h00 += weight
      h01 += weight * x
      h11 += weight * x * x
    }
    let determinant = h00 * h11 - h01 * h01
    let logit = fitted.intercept - fitted.slope * log(halfway)
    #expect(abs(logit) < 5 * (h11 / determinant).squareRoot())
    #expect(abs(fitted.slope - slope) < 5 * (h00 / determinant).squareRoot())
  }

  /// A point of many examples counts as much as many points of few.
  @Test func weightsAreExamples() throws {
    let few = [(2, 0.9), (8, 0.7), (32, 0.2)]
    let odd = RecallPoint(pairs: 8, accuracy: 0.3, examples: 1000, seed: 1)
    let many = (0..<10).map { _ in
      RecallPoint(pairs: 8, accuracy: 0.3, examples: 100, seed: 1)
    }
    let base = few.map { RecallPoint(pairs: $0.0, accuracy: $0.1, examples: 500, seed: 0) }
    let (one, ten) = (
      try #require(RecallCurve(fitting: base + [odd])),
      try #require(RecallCurve(fitting: base + many))
    )
    #expect(abs(one.slope - ten.slope) < 1e-9 && abs(one.intercept - ten.intercept) < 1e-9)
    let alone = try #require(RecallCurve(fitting: base))
    #expect(one.pairs(accuracy: 0.5) < alone.pairs(accuracy: 0.5) - 1)
  }

  @Test func stepsAndConstantsStayFinite() throws {
    func fit(_ accuracies: [Double]) throws -> RecallFit {
      try #require(
        RecallFit(
          zip([4, 8, 16, 32], accuracies).map {
            RecallPoint(pairs: $0, accuracy: $1, examples: 100, seed: 0)
          }, replicates: 50))
    }
    let step = try fit([1, 1, 0, 0]).level(accuracy: 0.5)
    #expect(step.pairs > 8 && step.pairs < 16 && !step.isExtrapolated)
    let perfect = try fit([1, 1, 1, 1])
    #expect(perfect.level(accuracy: 0.9).pairs > 32 && perfect.level(accuracy: 0.9).isExtrapolated)
    #expect(perfect.curve.accuracy(pairs: 8) > 0.99)
    let nothing = try fit([0, 0, 0, 0]).level(accuracy: 0.5)
    #expect(nothing.pairs < 4 && nothing.isExtrapolated)
    #expect(
      RecallCurve(
        fitting: [RecallPoint(pairs: 4, accuracy: 0.5, examples: 10, seed: 0)]) == nil)
  }

  /// Seeds that differ by more than their examples' noise: the interval holds the truth about as often as it
  /// says. With eight seeds a bootstrap over them is known to be somewhat too narrow.
  @Test func intervalsHoldTheTruth() throws {
    let truth = 12.0
    let trials = 60
    var (hits, widths) = (0, 0.0)
    for trial in 0..<trials {
      var stream = RandomStream(7, UInt64(trial))
      let points = (0..<8).flatMap { seed in
        let curve = RecallCurve(halfway: truth * exp(0.2 * stream.normal()), slope: 2)
        return [2, 4, 8, 16, 32].map { pairs in
          let p = curve.accuracy(pairs: Double(pairs))
          let right = (0..<200).count { _ in stream.uniform() < p }
          return RecallPoint(
            pairs: pairs, accuracy: Double(right) / 200, examples: 200, seed: UInt64(seed))
        }
      }
      let fit = try #require(RecallFit(points, replicates: 200, seed: UInt64(trial)))
      let level = fit.level(accuracy: 0.5)
      hits += level.low <= truth && truth <= level.high ? 1 : 0
      widths += log(level.high / level.low) / Double(trials)
    }
    #expect((Int(0.8 * Double(trials))...trials).contains(hits), "\(hits) of \(trials)")
    // ± 2 standard errors of eight seeds that spread by 0.2 are 0.28 wide.
    #expect(widths > 0.15 && widths < 0.45, "\(widths)")
  }

  @Test func intervalsRepeat() throws {
    let points = [(4, 0.95), (8, 0.8), (16, 0.4), (4, 0.9), (8, 0.7), (16, 0.5)].enumerated().map {
      RecallPoint(
        pairs: $1.0, accuracy: $1.1, examples: 300, seed: UInt64($0 / 3))
    }
    let levels = try (0..<2).map { _ in
      try #require(RecallFit(points, replicates: 100)).level(accuracy: 0.9)
    }
    #expect(levels[0] == levels[1])
    #expect(levels[0].low < levels[0].pairs && levels[0].pairs < levels[0].high)
  }
}
