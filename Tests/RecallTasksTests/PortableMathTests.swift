import Foundation
import RecallTasks
import Support
import Testing

@Suite struct PortableMathTests {
  /// Against the C library's, which are exact to one unit in the last place.
  @Test func areAsExactAsTheyPromise() {
    var random = RandomStream(41)
    for trial in 0..<100_000 {
      let small = 1 - random.uniform()
      let x = [small, Double(1 + random.below(1 << 24)), small * 1e-300, small * 1e300][trial % 4]
      #expect(abs(portableLog(x) - log(x)) <= 3 * log(x).ulp, "ln \(x)")
      let y = 1400 * (random.uniform() - 0.5)
      #expect(abs(portableExp(y) - exp(y)) <= 3 * exp(y).ulp, "exp \(y)")
    }
    #expect(portableLog(1) == 0 && portableExp(0) == 1)
  }

  /// The same bits everywhere: they depend on nothing but IEEE 754.
  @Test func bitsAreTheSameEverywhere() {
    var (bits, random) = (UInt64(0), RandomStream(42))
    for _ in 0..<10_000 {
      let x = 1 - random.uniform()
      bits = mix(bits ^ portableLog(x).bitPattern)
      bits = mix(bits ^ portableExp(20 * x).bitPattern)
    }
    #expect(bits == 7_103_089_531_075_473_258)
  }
}
