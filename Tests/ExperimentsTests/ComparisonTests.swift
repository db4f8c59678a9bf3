import Configuration
import Experiments
import Foundation
import Testing

@Suite struct MeanDifferenceTests {
  /// SciPy's ttest_ind(b, a, equal_var=False): 3.53 degrees of freedom and this interval.
  @Test func agreesWithSciPy() throws {
    let a = try #require(Estimate([2.2, 2.6, 2.1, 2.4]))
    let b = try #require(Estimate([3.1, 2.7, 3.3]))
    let difference = MeanDifference(from: a, to: b)
    #expect(abs(difference.value - 0.708333) < 1e-6)
    let interval = try #require(difference.interval)
    #expect(abs(interval.lowerBound - 0.09788443746) < 1e-9)
    #expect(abs(interval.upperBound - 1.31878222920) < 1e-9)
    // The other way round it is mirrored.
    let mirrored = try #require(MeanDifference(from: b, to: a).interval)
    #expect(abs(mirrored.lowerBound + interval.upperBound) < 1e-12)
  }

  @Test func oneSeedHasNoInterval() throws {
    let difference = MeanDifference(from: try #require(Estimate([1])), to: try #require(Estimate([2, 3])))
    #expect(difference.value == 1.5 && difference.interval == nil)
  }

  @Test func seedsThatAllAgreeHaveAnIntervalOfNoWidth() throws {
    let difference = MeanDifference(
      from: try #require(Estimate([0.5, 0.5])), to: try #require(Estimate([1, 1])))
    #expect(difference.interval == 0.5...0.5)
  }
}
