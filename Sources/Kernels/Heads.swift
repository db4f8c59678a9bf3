import CKernels

/// u / √(Σ u² + epsilon) · scale, the root at least `floor`, of u = x ⊙ weight (u = x without one).
public struct UnitNorm {
  private let operands: recall_unit_norm_operands

  /// `inverse` [rows] is written by the forward pass and read by the backward pass.
  public init(
    rows: Int, columns: Int, x: Rows, weight: UnsafePointer<Float>?, epsilon: Float, floor: Float,
    scale: Float, inverse: UnsafeMutablePointer<Float>
  ) {
    x.check(rows, columns)
    operands = recall_unit_norm_operands(
      rows: rows, columns: columns, x: x.operand, w: weight, epsilon: epsilon, floor: floor,
      scale: scale, inverse: inverse)
  }

  public func forward(into y: Rows) {
    y.check(operands.rows, operands.columns)
    withUnsafePointer(to: operands) { recall_unit_norm($0, y.values, y.stride) }
  }

  /// Adds to the weight's gradient.
  public func backward(
    dy: Rows, dx: GradientRows, weightGradient: UnsafeMutablePointer<Float>?
  ) {
    precondition((operands.w == nil) == (weightGradient == nil), "a weight without a gradient")
    checkRows(operands.rows, operands.columns, stride: min(dy.stride, dx.rows.stride))
    withUnsafePointer(to: operands) {
      recall_unit_norm_backward($0, dy.operand, dx.target, weightGradient)
    }
  }
}

/// x / √(mean x² + epsilon) ⊙ weight ⊙ gate(z).
public struct NormGate {
  public enum Gate: Int32, Sendable {
    case silu = 1
    case sigmoid
  }

  private let operands: recall_norm_gate_operands

  /// `inverse` [rows] is written by the forward pass and read by the backward pass.
  public init(
    rows: Int, columns: Int, x: Rows, z: Rows?, gate: Gate, weight: UnsafePointer<Float>,
    epsilon: Float, inverse: UnsafeMutablePointer<Float>
  ) {
    checkRows(rows, columns, stride: min(x.stride, z?.stride ?? .max))
    operands = recall_norm_gate_operands(
      rows: rows, columns: columns, x: x.operand, z: z?.operand ?? recall_rows(), weight: weight,
      epsilon: epsilon, gate: gate.rawValue, inverse: inverse)
  }

  public func forward(into y: Rows) {
    y.check(operands.rows, operands.columns)
    withUnsafePointer(to: operands) { recall_norm_gate($0, y.values, y.stride) }
  }

  /// Adds to the weight's gradient.
  public func backward(
    dy: Rows, dx: GradientRows, dz: GradientRows?, weightGradient: UnsafeMutablePointer<Float>
  ) {
    precondition((operands.z.values == nil) == (dz == nil), "a gate without a gradient")
    checkRows(
      operands.rows, operands.columns,
      stride: min(dy.stride, dx.rows.stride, dz?.rows.stride ?? .max))
    let gradient = recall_norm_gate_gradients(
      dy: dy.operand, dx: dx.target, dz: dz?.target ?? recall_target_rows(), dweight: weightGradient
    )
    withUnsafePointer(to: operands) { operands in
      withUnsafePointer(to: gradient) { recall_norm_gate_backward(operands, $0) }
    }
  }
}

/// (n + (Σ r ⊙ k ⊙ weight) v) ⊙ gate of each row.
public struct BonusGate {
  private let operands: recall_bonus_operands

  /// `dots` [rows] is written by the forward pass and read by the backward pass.
  public init(
    rows: Int, columns: Int, n: Rows, r: Rows, k: Rows, v: Rows, gate: Rows,
    weight: UnsafePointer<Float>, dots: UnsafeMutablePointer<Float>
  ) {
    checkRows(
      rows, columns, stride: min(n.stride, r.stride, k.stride, v.stride, gate.stride))
    operands = recall_bonus_operands(
      rows: rows, columns: columns, n: n.operand, r: r.operand, k: k.operand, v: v.operand,
      gate: gate.operand, weight: weight, dots: dots)
  }

  public func forward(into y: Rows) {
    y.check(operands.rows, operands.columns)
    withUnsafePointer(to: operands) { recall_bonus_gate($0, y.values, y.stride) }
  }

  /// Adds to the weight's gradient.
  public func backward(
    dy: Rows, dn: GradientRows, dr: GradientRows, dk: GradientRows, dv: GradientRows,
    dgate: GradientRows, weightGradient: UnsafeMutablePointer<Float>
  ) {
    checkRows(
      operands.rows, operands.columns,
      stride: min(
        dy.stride, dn.rows.stride, dr.rows.stride, dk.rows.stride, dv.rows.stride,
        dgate.rows.stride))
    let gradient = recall_bonus_gradients(
      dy: dy.operand, dn: dn.target, dr: dr.target, dk: dk.target, dv: dv.target,
      dgate: dgate.target, dweight: weightGradient)
    withUnsafePointer(to: operands) { operands in
      withUnsafePointer(to: gradient) { recall_bonus_gate_backward(operands, $0) }
    }
  }
}

extension Kernels {
  /// y = x + (z − x) ⊙ w; a w of stride 0 is one row for all.
  public static func interpolate(
    _ rows: Int, _ columns: Int, _ x: Rows, _ z: Rows, by w: Rows, into y: Rows
  ) {
    y.check(rows, columns)
    withUnsafePointer(to: interpolation(rows, columns, x, z, w)) {
      recall_interpolate($0, y.values, y.stride)
    }
  }

  /// The gradient of a w of stride 0 is summed over rows and added to [columns].
  public static func interpolateBackward(
    _ rows: Int, _ columns: Int, _ x: Rows, _ z: Rows, by w: Rows, dy: Rows, dx: GradientRows,
    dz: GradientRows, dw: GradientRows
  ) {
    precondition(dw.rows.stride != 0 || dw.accumulates, "a sum that is assigned")
    checkRows(rows, columns, stride: min(dy.stride, dx.rows.stride, dz.rows.stride))
    dw.rows.checkOperand(rows, columns)
    let gradients = recall_interpolation_gradients(
      dy: dy.operand, dx: dx.target, dz: dz.target, dw: dw.target)
    withUnsafePointer(to: interpolation(rows, columns, x, z, w)) { operands in
      withUnsafePointer(to: gradients) { recall_interpolate_backward(operands, $0) }
    }
  }

  private static func interpolation(
    _ rows: Int, _ columns: Int, _ x: Rows, _ z: Rows, _ w: Rows
  ) -> recall_interpolation {
    checkRows(rows, columns, stride: min(x.stride, z.stride))
    w.checkOperand(rows, columns)
    return recall_interpolation(
      rows: rows, columns: columns, x: x.operand, z: z.operand, w: w.operand)
  }

  /// y_c += Σ_r a_rc b_rc.
  public static func columnDots(
    _ rows: Int, _ columns: Int, _ a: Rows, _ b: Rows, addedTo y: UnsafeMutablePointer<Float>
  ) {
    checkRows(rows, columns, stride: min(a.stride, b.stride))
    recall_column_dots(rows, columns, a.operand, b.operand, y)
  }

  /// The token shift of one example: y_t = x_t + (x_{t−1} − x_t) ⊙ w, with x_{−1} = 0.
  public static func tokenShift(
    _ length: Int, _ columns: Int, _ x: Rows, by w: UnsafePointer<Float>, into y: Rows
  ) {
    checkRows(length, columns, stride: min(x.stride, y.stride))
    let operands = recall_token_shift_operands(
      length: length, columns: columns, x: x.operand, w: w)
    withUnsafePointer(to: operands) { recall_token_shift($0, y.values, y.stride) }
  }

  /// Adds to the gradient of w.
  public static func tokenShiftBackward(
    _ length: Int, _ columns: Int, _ x: Rows, by w: UnsafePointer<Float>, dy: Rows,
    dx: GradientRows, dw: UnsafeMutablePointer<Float>
  ) {
    checkRows(length, columns, stride: min(x.stride, dy.stride, dx.rows.stride))
    let operands = recall_token_shift_operands(
      length: length, columns: columns, x: x.operand, w: w)
    withUnsafePointer(to: operands) {
      recall_token_shift_backward($0, dy.operand, dx.target, dw)
    }
  }

  /// (a, b) → scale (a cos − b sin, b cos + a sin) of channels c and c + half; rows of the table are cosines and
  /// sines [2, half]. Backwards turns the other way.
  public static func rotate(
    _ rows: Int, half: Int, _ x: Rows, table: UnsafePointer<Float>, backwards: Bool = false,
    scale: Float, into y: GradientRows
  ) {
    checkRows(rows, 2 * half, stride: min(x.stride, y.rows.stride))
    let rotation = recall_rotation(
      rows: rows, half: half, table: table, sign: backwards ? -1 : 1, scale: scale)
    withUnsafePointer(to: rotation) { recall_rotate($0, x.operand, y.target) }
  }
}
