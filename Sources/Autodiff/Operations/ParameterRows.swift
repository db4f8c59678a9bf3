import Kernels

extension Tape {
  /// The first rows of a parameter [1, rows, columns] or [rows, columns] as an activation [1, count, columns]. `columns`
  /// says how long a row of another shape is.
  public func rows(_ count: Int, of parameter: Parameter, columns: Int? = nil) -> Tensor {
    let columns = columns ?? parameter.shape.last ?? 1
    precondition(
      count * columns <= parameter.count, "\(count) rows of \(parameter.name) \(parameter.shape)")
    let y = tensor(batch: 1, length: count, channels: columns)
    y.values.update(from: values(of: parameter), count: count * columns)
    if parameter.isTrained { record(ParameterRows(parameter: parameter, result: y)) }
    return y
  }
}

private struct ParameterRows: RecordedOperation {
  let parameter: Parameter
  let result: Tensor

  func backward(on tape: Tape) {
    Kernels.add(
      result.rows * result.channels, result.gradient, to: tape.gradient(of: parameter))
  }
}
