import Kernels

/// A view of arena memory: activations [batch, length, channels] and, beside them, their gradient.
///
/// Rows (batch · length of them) are contiguous runs of `channels` floats, `rowStride` apart, in both.
public struct Tensor {
  public let batch: Int
  public let length: Int
  public let channels: Int
  public let rowStride: Int
  public let values: UnsafeMutablePointer<Float>
  /// Valid on a tape that differentiates; written by the backward pass of the tensor's consumers.
  public let gradient: UnsafeMutablePointer<Float>
  let slot: Int

  public var rows: Int { batch * length }

  var valueRows: Rows { Rows(values, stride: rowStride) }
  var gradientRows: Rows { Rows(gradient, stride: rowStride) }
}
