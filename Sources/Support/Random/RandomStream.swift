/// A reproducible stream of random numbers, named by integers: SplitMix64 (Steele, Lea and Flood 2014).
///
/// The same name gives the same numbers on every machine, thread and order of use.
public struct RandomStream: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// The stream named by integers such as (seed, split, index). Different names give unrelated streams.
  public init(_ name: UInt64...) {
    state = name.reduce(0x9E37_79B9_7F4A_7C15) { mix($0 ^ mix($1 &+ 0x9E37_79B9_7F4A_7C15)) }
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return mix(state)
  }

  /// Uniform in [0, 1), 53 bits.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform in 0..<bound, without bias (Lemire 2019).
  public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "a bound must be positive, not \(bound)")
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let rejected = (0 &- bound) % bound
      while product.low < rejected { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }
}

/// SplitMix64's finalizer: a bijection in which every output bit depends on every input bit.
@inline(__always)
public func mix(_ value: UInt64) -> UInt64 {
  var z = value
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}

extension RandomStream {
  /// A string as a number for a stream's name: FNV-1a.
  public static func number(of text: String) -> UInt64 { Checksum(of: text).value }
}
