import CKernels

/// A dropout rate in the form that kernels use: elements with a hash below the threshold are dropped, the others are
/// scaled.
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

  @inline(__always)
  fileprivate func mask(_ key: UInt32, _ counter: UInt32) -> recall_dropout_mask {
    recall_dropout_mask(key: key, counter: counter, threshold: threshold, scale: scale)
  }
}

extension Kernels {
  /// y = x ⊙ mask, or y += x ⊙ mask, where element i has number `counter` + i in the mask named by `key`.
  @inline(__always)
  public static func dropout(
    _ count: Int, _ rate: DropoutRate, key: UInt32, counter: UInt32, _ x: UnsafePointer<Float>,
    into y: UnsafeMutablePointer<Float>, accumulates: Bool
  ) {
    checkRows(1, count, stride: count)
    withUnsafePointer(to: rate.mask(key, counter)) {
      recall_dropout($0, count, x, y, accumulates ? 1 : 0)
    }
  }

  /// y = x ⊙ mask, where element i has number `counter` + positions_i.
  @inline(__always)
  public static func dropout(
    _ count: Int, _ rate: DropoutRate, key: UInt32, counter: UInt32,
    positions: UnsafePointer<Int32>, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
  ) {
    checkRows(1, count, stride: count)
    withUnsafePointer(to: rate.mask(key, counter)) {
      recall_dropout_at($0, count, positions, x, y)
    }
  }
}
