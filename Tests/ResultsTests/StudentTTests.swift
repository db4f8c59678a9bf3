import ExperimentSamples
import Experiments
import Records
import Reports
import Results
import Testing
import Training

@Suite struct StudentTTests {
  /// Printed tables, and R's qt() for degrees that are not whole.
  @Test(
    arguments: [
      (0.975, 1, 12.706205), (0.975, 2, 4.302653), (0.975, 4, 2.776445), (0.975, 9, 2.262157),
      (0.975, 30, 2.042272), (0.95, 5, 2.015048), (0.995, 3, 5.840909), (0.975, 1e6, 1.959966),
      (0.75, 1, 1),
    ] as [(Double, Double, Double)])
  func quantilesAreThoseOfTables(probability: Double, degrees: Double, expected: Double) {
    let quantile = StudentT.quantile(probability, degreesOfFreedom: degrees)
    #expect(abs(quantile / expected - 1) < 1e-6)
    // Below one half the quantile is the negative one of 1 − probability; small probabilities are exact.
    let lower = StudentT.quantile(1 - probability, degreesOfFreedom: degrees)
    #expect(abs(lower + expected) < 1e-6 * expected)
  }

  @Test func degreesBetweenWholeOnesLieBetween() {
    let quantiles = [2, 2.5, 3].map { StudentT.quantile(0.975, degreesOfFreedom: $0) }
    #expect(quantiles[0] > quantiles[1] && quantiles[1] > quantiles[2])
    #expect(StudentT.quantile(0.5, degreesOfFreedom: 3) == 0)
  }

  @Test func intervalOfFewValues() throws {
    #expect(MeanInterval([]) == nil)
    let one = try #require(MeanInterval([0.25]))
    #expect(one.mean == 0.25 && one.halfWidth == nil && one.range == 0.25...0.25)
    // Mean 2, standard deviation 1, so ± 4.302653 / √3.
    let three = try #require(MeanInterval([1, 2, 3]))
    #expect(three.standardDeviation == 1)
    #expect(abs(try #require(three.halfWidth) - 2.484138) < 1e-6)
    let shares = try #require(MeanInterval([0.9, 1, 1]))
    #expect(shares.range.upperBound == 1 && shares.range.lowerBound < 0.9)
  }

  /// Intervals stay on the scale of shares, and two seeds have none.
  @Test(arguments: [
    ([0.5], "0.500"), ([0.9, 0.1], "0.500 (0.100, 0.900)"),
    ([0.5, 0.51, 0.52], "0.510 ± 0.025"), ([0.2, 0.9, 1], "0.700 (0.000–1.000)"),
    ([0.9, 0.95, 1], "0.950 (0.826–1.000)"), ([1, 1, 1], "1.000 ± 0.000"),
    ([1, 1, 0.9999], "1.000 ± 0.000"),
  ])
  func meansShowSeedsOrTheirInterval(values: [Double], text: String) {
    #expect(MeanInterval(values)?.text == text)
  }
}
