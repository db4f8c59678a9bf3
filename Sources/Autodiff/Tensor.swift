import Kernels

/// A view of arena memory: activations [batch, length, channels] and their gradient.
///
/// In both, each of the batch · length rows is `channels` consecutive floats; rows start `rowStride` floats apart.
public struct Tensor {
  /// Sequences, or 1 where all share the values.
  public let batch: Int
  /// Tokens of a sequence.
  public let length: Int
  /// Numbers of a token.
  public let channels: Int
  /// Floats from the start of a row to the start of the next.
  public let rowStride: Int
  /// The first number; rows lie `rowStride` floats apart.
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
