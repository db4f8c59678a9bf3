import Kernels

/// A view of arena memory: activations [batch, length, channels] and, beside them, their gradient.
///
/// Rows (batch · length of them) are contiguous runs of `channels` floats, `rowStride` apart, in both.
public struct Tensor {
  public let batch: Int
  public let length: Int
  public let channels: Int
  /// Floats between the starts of two rows.
  public let rowStride: Int
  public let values: UnsafeMutablePointer<Float>
  /// Valid on a tape that differentiates; written by the backward pass of the tensor's consumers.
  public let gradient: UnsafeMutablePointer<Float>
  /// Its number on the tape.
  let slot: Int

  /// batch · length.
  public var rows: Int { batch * length }

  var valueRows: Rows { Rows(values, stride: rowStride) }
  var gradientRows: Rows { Rows(gradient, stride: rowStride) }
}
