import Kernels

/// A view of arena memory: activations [batch, length, channels] and their gradient.
///
/// In both, each of the batch · length rows is `channels` consecutive floats; rows start `rowStride` floats apart.
public struct Tensor {
  public let batch: Int
  public let length: Int
  public let channels: Int
  /// Floats from the start of a row to the start of the next.
  public let rowStride: Int
  public let values: UnsafeMutablePointer<Float>
  /// The gradient, which the backward pass of the tensor's consumers writes. Valid only if the tape differentiates.
  public let gradient: UnsafeMutablePointer<Float>
  /// Its number on the tape.
  let slot: Int

  /// batch · length.
  public var rows: Int { batch * length }

  var valueRows: Rows { Rows(values, stride: rowStride) }
  var gradientRows: Rows { Rows(gradient, stride: rowStride) }
}
