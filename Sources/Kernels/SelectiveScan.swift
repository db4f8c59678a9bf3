import CKernels

/// Rows of a matrix, `stride` floats apart.
public struct StridedRows<Pointer> {
  public let values: Pointer
  public let stride: Int

  @inline(__always)
  public init(_ values: Pointer, stride: Int) { (self.values, self.stride) = (values, stride) }
}

/// One example of a selective scan: x, dt (before softplus), z [time, channels]; B, C [time, states].
public struct SelectiveScan {
  public let time: Int, channels: Int, states: Int
  var operands: recall_scan

  /// `rates` is what `rates(…)` made of aLog.
  public init(
    time: Int, channels: Int, states: Int, x: StridedRows<UnsafePointer<Float>>,
    timeStep dt: StridedRows<UnsafePointer<Float>>, z: StridedRows<UnsafePointer<Float>>,
    b: StridedRows<UnsafePointer<Float>>, c: StridedRows<UnsafePointer<Float>>,
    rates: UnsafePointer<Float>,
    skip: UnsafePointer<Float>
  ) {
    (self.time, self.channels, self.states) = (time, channels, states)
    operands = recall_scan(
      time: time, channels: channels, states: states, x: x.values, dt: dt.values, z: z.values,
      x_stride: x.stride, dt_stride: dt.stride, z_stride: z.stride, b: b.values, c: c.values,
      b_stride: b.stride, c_stride: c.stride, rates: rates, skip: skip)
  }

  /// Floats of `rates` and of the states of all channels at one step.
  public static func stateSize(channels: Int, states: Int) -> Int {
    let lanes = Int(RECALL_SCAN_LANES)
    return (channels + lanes - 1) / lanes * lanes * states
  }

  /// Floats of the states that forward keeps for backward.
  public static func keptSize(time: Int, channels: Int, states: Int) -> Int {
    let steps = Int(RECALL_SCAN_STEPS)
    return (time + steps - 1) / steps * stateSize(channels: channels, states: states)
  }

  /// rates ← −exp(aLog) · log₂ e in the kernels' order, with aLog [channels, states].
  public static func rates(
    channels: Int, states: Int, aLog: UnsafePointer<Float>, into rates: UnsafeMutablePointer<Float>
  ) { recall_selective_scan_rates(channels, states, aLog, rates) }

  /// y [time, channels]. `inner` [time, channels] and `starts` (`keptSize`) are for backward, and may be nil;
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
      x: UnsafeMutablePointer<Float>, timeStep: UnsafeMutablePointer<Float>,
      z: UnsafeMutablePointer<Float>, b: UnsafeMutablePointer<Float>,
      c: UnsafeMutablePointer<Float>, aLog: UnsafeMutablePointer<Float>,
      skip: UnsafeMutablePointer<Float>, adds: (x: Bool, timeStep: Bool, z: Bool, b: Bool, c: Bool)
    ) {
      targets = recall_scan_gradients(
        x: x, dt: timeStep, z: z, b: b, c: c, adds_x: adds.x ? 1 : 0,
        adds_dt: adds.timeStep ? 1 : 0, adds_z: adds.z ? 1 : 0, adds_b: adds.b ? 1 : 0,
        adds_c: adds.c ? 1 : 0, a_log: aLog, skip: skip)
    }
  }

  /// All gradients, from dy [time, channels] and what forward kept; `scratch` has 2 · `stateSize` floats.
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
