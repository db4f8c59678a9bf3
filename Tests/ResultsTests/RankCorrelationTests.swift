import Experiments
import Models
import Results
import Support
import Testing

@Suite struct RankCorrelationTests {
  /// Known values: 1 for any rising function, −1 for a falling one; with ties Pearson's correlation of the mean ranks
  /// (scipy.stats.spearmanr gives 0.8207826816681233 for the last).
  @Test func knownValues() throws {
    let x = [1.0, 2, 3, 4, 5, 6]
    #expect(RankCorrelation.correlation(x, x.map { $0 * $0 * $0 }) == 1)
    #expect(RankCorrelation.correlation(x, x.map { -$0 }) == -1)
    let tied = try #require(
      RankCorrelation.correlation([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]))
    #expect(abs(tied - 0.8207826816681233) < 1e-12)
    #expect(RankCorrelation.correlation(x, [2, 2, 2, 2, 2, 2]) == nil)
  }

  /// The interval contains the value, is wider for fewer pairs, and repeats.
  @Test func intervals() throws {
    var stream = RandomStream(1)
    let x = (0..<100).map { _ in stream.normal() }
    let y = x.map { $0 + stream.normal() }
    let (few, many) = (
      try #require(RankCorrelation(Array(x[..<10]), Array(y[..<10]))),
      try #require(RankCorrelation(x, y))
    )
    for one in [few, many] { #expect(one.low <= one.value && one.value <= one.high) }
    #expect(few.high - few.low > many.high - many.low)
    // √2/2 is Pearson's correlation of these; Spearman's is a little smaller.
    #expect((0.5...0.85).contains(many.value))
    #expect(many == RankCorrelation(x, y))
    #expect(RankCorrelation([1, 2, 3, 4], [1, 2, 3, 4]) == nil)
  }
}
