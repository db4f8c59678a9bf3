import Foundation

/// Every operation for one token, in plain `Double` loops: its reference.
///
/// The function stands in the operation's file. Tests compare the operation's fast form with it, and a mixer's
/// `step` is made of these functions, so that each recurrence is written twice: fast, and here.
///
/// All arrays are row major. A recurrence takes its state as `inout`, zeros before the first token, and leaves
/// what the next token needs.
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
