/// How many bytes of address space this process may have (`ulimit -v`). Where there are none left, the runtime ends the
/// process, or waits for ever for a thread.
package enum AddressSpace {
  /// What the program with its libraries and threads takes before it works on anything, and some more.
  package static let fewest: UInt64 = 150_000_000

  package static var bytes: UInt64 {
    ResourceLimit.addressSpace.map { UInt64($0.values.rlim_cur) } ?? .max
  }
}
