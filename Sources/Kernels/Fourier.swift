import CKernels
import Foundation

/// Transforms of real sequences for causal convolutions, 16 channels at a time: see `fourier.def`.
public struct Fourier {
  /// Channels that are transformed together.
  public static let channels = 16

  /// Complex points, a power of two: the longest sequence.
  public let size: Int
  private let table: UnsafePointer<Float>

  /// Floats of a transform.
  public var transformSize: Int { size * 2 * Self.channels }

  /// The least size for sequences of this length.
  public static func size(for length: Int) -> Int {
    1 << (Int.bitWidth - max(0, length - 1).leadingZeroBitCount)
  }

  /// `table` [4, size] is filled by `fillTable`.
  public init(size: Int, table: UnsafePointer<Float>) {
    precondition(size > 0 && size & (size - 1) == 0, "a transform of \(size) points")
    (self.size, self.table) = (size, table)
  }

  /// Fills a table [4, size]: cosines and sines of whole steps, then of half steps.
  public static func fillTable(_ table: UnsafeMutablePointer<Float>, size: Int) {
    precondition(size > 0, "a table of \(size) points")
    for index in 0..<size {
      let (whole, half) = (2 * Double.pi / Double(size), Double.pi / Double(2 * size))
      table[index] = Float(cos(Double(index) * whole))
      table[size + index] = Float(-sin(Double(index) * whole))
      table[2 * size + index] = Float(cos(Double(index) * half))
      table[3 * size + index] = Float(sin(Double(index) * half))
    }
  }

  /// The transform of x [length, channels], followed by zeros.
  public func transform(
    _ length: Int, _ channels: Int, _ x: Rows, into transform: UnsafeMutablePointer<Float>
  ) {
    precondition(length <= size && channels <= Self.channels)
    x.check(length, channels)
    recall_fourier(length, size, channels, x.values, x.stride, table, transform)
  }

  /// c = a b, the transform of a convolution; conjugated, a b̄, that of Σ_t a_{t+j} b_t; or added to c.
  public func multiply(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, conjugated: Bool = false,
    accumulate: Bool = false, into c: UnsafeMutablePointer<Float>
  ) { recall_fourier_multiply(size, a, b, conjugated ? 1 : 0, accumulate ? 1 : 0, c) }

  /// Multiplies a transform by a number.
  public func scale(_ transform: UnsafeMutablePointer<Float>, by factor: Float) {
    guard factor != 1 else { return }
    for index in 0..<transformSize { transform[index] *= factor }
  }

  /// The first `length` rows of what has this transform, which is overwritten.
  public func transformBack(
    _ length: Int, _ channels: Int, _ transform: UnsafeMutablePointer<Float>, into y: GradientRows
  ) {
    precondition(length <= size && channels <= Self.channels)
    y.rows.check(length, channels)
    recall_fourier_back(
      length, size, channels, transform, table, y.rows.values, y.rows.stride,
      y.accumulates ? 1 : 0)
  }
}
