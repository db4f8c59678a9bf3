/// A tensor [1, length, channels] that follows from weights alone, such as the filter of a long convolution. It lies outside
/// the tapes of the passes that use it, so that all passes over a batch share it.
public struct SharedTensor {
  /// Identifies the tensor within its model.
  let key: Int
  let length: Int, channels: Int, rowStride: Int
  let values: UnsafeMutablePointer<Float>
  /// Every pass adds its gradient to this; rows are as far apart as those of the values.
  let gradient: UnsafeMutablePointer<Float>

  /// - Parameters:
  ///   - key: a parameter that stands for it, as in `Tape.shared`.
  ///   - tensor: [1, length, channels] on the tape that made it.
  ///   - gradient: as many floats as `floats(of:)` says; nil for passes that do not differentiate.
  public init(_ key: Parameter, _ tensor: Tensor, gradient: UnsafeMutablePointer<Float>?) {
    precondition(tensor.batch == 1, "a shared tensor of \(tensor.batch) sequences")
    self.key = key.offset
    (length, channels, rowStride) = (tensor.length, tensor.channels, tensor.rowStride)
    values = tensor.values
    self.gradient = gradient ?? tensor.values
  }

  /// Floats of the gradient of a tensor that passes share.
  public static func floats(of tensor: Tensor) -> Int { tensor.rows * tensor.rowStride }
}

extension Tape {
  /// The tensor [1, length, channels] that `sharedTensors` has for `key` at this length, or what `make` gives.
  public func shared(_ key: Parameter, length: Int, _ make: () -> Tensor) -> Tensor {
    for one in sharedTensors where one.key == key.offset && one.length == length {
      return view(of: one)
    }
    return make()
  }
}
