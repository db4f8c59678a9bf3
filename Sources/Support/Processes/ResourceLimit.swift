import Foundation

/// A limit of the system for this process, as `ulimit` shows it.
struct ResourceLimit {
  #if os(Linux)
    private typealias Number = __rlimit_resource_t
  #else
    private typealias Number = Int32
  #endif

  private let number: Number
  /// `rlim_cur` holds now; it may be raised up to `rlim_max`.
  private(set) var values: rlimit

  /// Bytes of address space.
  static var addressSpace: ResourceLimit? { ResourceLimit(Number(RLIMIT_AS)) }
  /// Files that are open at one time.
  static var openFiles: ResourceLimit? { ResourceLimit(Number(RLIMIT_NOFILE)) }

  /// nil if the system does not say.
  private init?(_ number: Number) {
    var values = rlimit()
    guard getrlimit(number, &values) == 0 else { return nil }
    (self.number, self.values) = (number, values)
  }

  /// Raises the limit to `wanted`, as far as this process may.
  mutating func raise(to wanted: rlim_t) {
    values.rlim_cur = min(values.rlim_max, wanted)
    setrlimit(number, &values)
  }
}

#if os(Linux)
  extension __rlimit_resource_t {
    fileprivate init(_ constant: __rlimit_resource) { self.init(constant.rawValue) }
  }
#endif
