import CKernels

/// A dropout rate as kernels use it: a hash below the threshold drops, what stays is scaled.
public struct DropoutRate: Sendable {
  /// rate · 2³².
  public let threshold: UInt32
  /// 1 / (1 − rate).
  public let scale: Float

  /// `rate` is the probability to drop, in [0, 1).
  public init(_ rate: Float) {
    precondition(rate >= 0 && rate < 1, "a dropout rate lies in [0, 1), not \(rate)")
    threshold = UInt32(Double(rate) * 0x1p32)
    scale = 1 / (1 - rate)
  }
}

extension Kernels {
  /// y = x ⊙ mask, or y += x ⊙ mask, where element i has number `counter` + i in the mask named by `key`.
  @inline(__always)
  public static func dropout(
    _ count: Int, _ rate: DropoutRate, key: UInt32, counter: UInt32, _ x: UnsafePointer<Float>,
    into y: UnsafeMutablePointer<Float>, accumulates: Bool
  ) { recall_dropout(count, key, counter, rate.threshold, rate.scale, accumulates ? 1 : 0, x, y) }

  /// y = x ⊙ mask, where element i has number `counter` + places_i.
  @inline(__always)
  public static func dropout(
    _ count: Int, _ rate: DropoutRate, key: UInt32, counter: UInt32,
    places: UnsafePointer<Int32>, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
  ) { recall_dropout_at(count, key, counter, places, rate.threshold, rate.scale, x, y) }
}
