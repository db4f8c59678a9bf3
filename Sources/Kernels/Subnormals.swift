import CKernels

extension Kernels {
  /// Does something with this thread's arithmetic reading and writing 0 in place of subnormal numbers (below 1.2e-38).
  ///
  /// Decays over long distances become that small. They change no sum, but each costs an Intel processor more than a
  /// hundred cycles.
  package static func withoutSubnormals<Result>(_ body: () throws -> Result) rethrows -> Result {
    let mode = recall_flush_subnormals()
    defer { recall_set_float_mode(mode) }
    return try body()
  }
}
