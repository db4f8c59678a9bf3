import Foundation

/// The reference of every operation: plain `Double` loops for one token.
///
/// Each function is in its operation's file. Tests compare the operation's fast form with it, and a mixer's `step`
/// calls these functions. So each recurrence is written twice: as the fast form and here. Tests of
/// kernels in C have plain twins of their own.
///
/// All arrays are in row-major order. A recurrence takes its state as `inout`; it is zeros before the first token, and
/// the call updates it.
public enum TokenStep {
  /// x σ(x) = x / (1 + exp(−x)).
  public static func silu(_ x: Double) -> Double { x / (1 + exp(-x)) }

  /// σ(x) = 1 / (1 + exp(−x)).
  public static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  /// log(1 + exp x).
  public static func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }

  /// Σ_i x_i y_i.
  static func dot(_ x: ArraySlice<Double>, _ y: ArraySlice<Double>) -> Double {
    var sum = 0.0
    for (x, y) in zip(x, y) { sum += x * y }
    return sum
  }
}

extension [Double] {
  /// Run number `index` of so many elements.
  func run(_ index: Int, of count: Int) -> [Double] {
    Array(self[index * count..<(index + 1) * count])
  }
}
