import CKernels

/// One example of a selective scan: x, dt (before softplus), z [length, channels]; B, C [length, states].
public struct SelectiveScan {
  public let length: Int, channels: Int, states: Int
  package let x: Rows, dt: Rows, z: Rows, b: Rows, c: Rows
  let rates: UnsafePointer<Float>
  package let d: UnsafePointer<Float>

  /// `rates` come from `rates(channels:states:aLog:into:)`; `d` [channels].
  public init(
    length: Int, channels: Int, states: Int, x: Rows, dt: Rows, z: Rows, b: Rows, c: Rows,
    rates: UnsafePointer<Float>, d: UnsafePointer<Float>
  ) {
    checkRows(length, channels, stride: min(x.stride, dt.stride, z.stride))
    checkRows(length, states, stride: min(b.stride, c.stride))
    (self.length, self.channels, self.states) = (length, channels, states)
    (self.x, self.dt, self.z, self.b, self.c, self.rates, self.d) = (x, dt, z, b, c, rates, d)
  }

  private var operands: recall_scan {
    recall_scan(
      length: length, channels: channels, states: states, x: x.values, dt: dt.values,
      z: z.values, x_stride: x.stride, dt_stride: dt.stride, z_stride: z.stride, b: b.values,
      c: c.values, b_stride: b.stride, c_stride: c.stride, rates: rates, d: d)
  }

  /// Number of floats of `rates`, and of the states of all channels at one step.
  public static func stateSize(channels: Int, states: Int) -> Int {
    let lanes = Int(RECALL_SCAN_LANES)
    return (channels + lanes - 1) / lanes * lanes * states
  }

  /// rates ← −exp(aLog) · log₂ e in the order of the kernels; aLog [channels, states].
  public static func rates(
    channels: Int, states: Int, aLog: UnsafePointer<Float>, into rates: UnsafeMutablePointer<Float>
  ) {
    checkRows(channels, states, stride: states)
    recall_selective_scan_rates(channels, states, aLog, rates)
  }

  /// What forward saves for backward.
  public struct Saved {
    /// y before its gate [length, channels].
    public let ungated: UnsafeMutablePointer<Float>
    /// The states at the starts of chunks, `startsSize` floats.
    public let starts: UnsafeMutablePointer<Float>

    public init(ungated: UnsafeMutablePointer<Float>, starts: UnsafeMutablePointer<Float>) {
      (self.ungated, self.starts) = (ungated, starts)
    }

    public static func startsSize(length: Int, channels: Int, states: Int) -> Int {
      let steps = Int(RECALL_SCAN_STEPS)
      return (length + steps - 1) / steps * stateSize(channels: channels, states: states)
    }

    fileprivate var pointers: recall_scan_saved {
      recall_scan_saved(ungated: ungated, starts: starts)
    }
  }

  /// y [length, channels]; `scratch` has `stateSize` floats.
  public func forward(
    into y: Rows, saving saved: Saved?, scratch: UnsafeMutablePointer<Float>
  ) {
    y.check(length, channels)
    withUnsafePointer(to: operands) { operands in
      guard let saved else {
        return recall_selective_scan(operands, y.values, y.stride, nil, scratch)
      }
      withUnsafePointer(to: saved.pointers) {
        recall_selective_scan(operands, y.values, y.stride, $0, scratch)
      }
    }
  }

  /// The gradient dy of the result [length, channels], and the gradients of the operands, with rows as far apart as in
  /// the operand. They are assigned, or added to if `adds` says so; those of aLog and d are always added to.
  public struct Gradients {
    fileprivate let targets: recall_scan_gradients

    public init(
      dy: Rows, x: UnsafeMutablePointer<Float>, dt: UnsafeMutablePointer<Float>,
      z: UnsafeMutablePointer<Float>, b: UnsafeMutablePointer<Float>,
      c: UnsafeMutablePointer<Float>, aLog: UnsafeMutablePointer<Float>,
      d: UnsafeMutablePointer<Float>, adds: (x: Bool, dt: Bool, z: Bool, b: Bool, c: Bool)
    ) {
      targets = recall_scan_gradients(
        dy: dy.values, dy_stride: dy.stride, x: x, dt: dt, z: z, b: b, c: c,
        adds_x: adds.x ? 1 : 0, adds_dt: adds.dt ? 1 : 0, adds_z: adds.z ? 1 : 0,
        adds_b: adds.b ? 1 : 0, adds_c: adds.c ? 1 : 0, a_log: aLog, d: d)
    }
  }

  /// Computes all gradients; `scratch` has 2 · `stateSize` floats.
  public func backward(
    _ saved: Saved, into gradients: Gradients, scratch: UnsafeMutablePointer<Float>
  ) {
    checkRows(length, channels, stride: gradients.targets.dy_stride)
    withUnsafePointer(to: operands) { operands in
      withUnsafePointer(to: saved.pointers) { saved in
        withUnsafePointer(to: gradients.targets) {
          recall_selective_scan_backward(operands, saved, $0, scratch)
        }
      }
    }
  }
}
