import CKernels

/// Rows of a matrix, `stride` floats apart.
public struct StridedRows<Pointer> {
  public let values: Pointer
  public let stride: Int

  @inline(__always)
  public init(_ values: Pointer, stride: Int) { (self.values, self.stride) = (values, stride) }
}

/// One example of a selective scan: x, dt (before softplus), z [length, channels]; B, C [length, states].
public struct SelectiveScan {
  public let length: Int, channels: Int, states: Int
  var operands: recall_scan

  /// `rates` is what `rates(…)` made of aLog.
  public init(
    length: Int, channels: Int, states: Int, x: StridedRows<UnsafePointer<Float>>,
    dt: StridedRows<UnsafePointer<Float>>, z: StridedRows<UnsafePointer<Float>>,
    b: StridedRows<UnsafePointer<Float>>, c: StridedRows<UnsafePointer<Float>>,
    rates: UnsafePointer<Float>,
    d: UnsafePointer<Float>
  ) {
    (self.length, self.channels, self.states) = (length, channels, states)
    operands = recall_scan(
      time: length, channels: channels, states: states, x: x.values, dt: dt.values, z: z.values,
      x_stride: x.stride, dt_stride: dt.stride, z_stride: z.stride, b: b.values, c: c.values,
      b_stride: b.stride, c_stride: c.stride, rates: rates, skip: d)
  }

  /// Floats of `rates` and of the states of all channels at one step.
  public static func stateSize(channels: Int, states: Int) -> Int {
    let lanes = Int(RECALL_SCAN_LANES)
    return (channels + lanes - 1) / lanes * lanes * states
  }

  /// Floats of the states that forward keeps for backward.
  public static func keptSize(length: Int, channels: Int, states: Int) -> Int {
    let steps = Int(RECALL_SCAN_STEPS)
    return (length + steps - 1) / steps * stateSize(channels: channels, states: states)
  }

  /// rates ← −exp(aLog) · log₂ e in the kernels' order, with aLog [channels, states].
  public static func rates(
    channels: Int, states: Int, aLog: UnsafePointer<Float>, into rates: UnsafeMutablePointer<Float>
  ) { recall_selective_scan_rates(channels, states, aLog, rates) }

  /// y [length, channels]. `inner` [length, channels] and `starts` (`keptSize`) are for backward, and may be nil;
  /// `scratch` has `stateSize` floats.
  public func forward(
    into y: StridedRows<UnsafeMutablePointer<Float>>, inner: UnsafeMutablePointer<Float>?,
    starts: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: operands) {
      recall_selective_scan($0, y.values, y.stride, inner, starts, scratch)
    }
  }

  /// Where gradients go, rows their operand's stride apart: assigned, or added to where `adds` says so.
  public struct Gradients {
    var targets: recall_scan_gradients

    public init(
      x: UnsafeMutablePointer<Float>, dt: UnsafeMutablePointer<Float>,
      z: UnsafeMutablePointer<Float>, b: UnsafeMutablePointer<Float>,
      c: UnsafeMutablePointer<Float>, aLog: UnsafeMutablePointer<Float>,
      d: UnsafeMutablePointer<Float>, adds: (x: Bool, dt: Bool, z: Bool, b: Bool, c: Bool)
    ) {
      targets = recall_scan_gradients(
        x: x, dt: dt, z: z, b: b, c: c, adds_x: adds.x ? 1 : 0,
        adds_dt: adds.dt ? 1 : 0, adds_z: adds.z ? 1 : 0, adds_b: adds.b ? 1 : 0,
        adds_c: adds.c ? 1 : 0, a_log: aLog, skip: d)
    }
  }

  /// All gradients, from dy [length, channels] and what forward kept; `scratch` has 2 · `stateSize` floats.
  public func backward(
    _ dy: StridedRows<UnsafePointer<Float>>, inner: UnsafePointer<Float>,
    starts: UnsafePointer<Float>,
    into gradients: Gradients, scratch: UnsafeMutablePointer<Float>
  ) {
    withUnsafePointer(to: operands) { operands in
      withUnsafePointer(to: gradients.targets) {
        recall_selective_scan_backward(operands, $0, dy.values, dy.stride, inner, starts, scratch)
      }
    }
  }
}
