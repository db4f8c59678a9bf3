import COpenBLAS

/// The singular values of a row-major matrix [rows, columns], largest first, by LAPACK's dgesdd in OpenBLAS; as many as the
/// smaller of the two. Nil if an element is not finite, or if they do not converge.
public func singularValues(of matrix: [Double], rows: Int, columns: Int) -> [Double]? {
  precondition(
    matrix.count == rows * columns, "\(matrix.count) elements of [\(rows), \(columns)]")
  guard rows > 0, columns > 0 else { return [] }
  guard matrix.allSatisfy(\.isFinite) else { return nil }
  var elements = matrix
  var values = [Double](repeating: 0, count: min(rows, columns))
  // Row-major order is the transpose's column-major order, which has the same values.
  let status = recall_singular_values(Int32(columns), Int32(rows), &elements, &values)
  return status == 0 ? values : nil
}
