import Foundation

/// How many files this process may have open at a time. Where there are none left, threads of the system's libraries end
/// the process.
package enum Descriptors {
  /// Far more than any command opens at a time.
  package static let fewest = 32

  package static var count: UInt64 { limit.map { UInt64($0.rlim_cur) } ?? .max }

  /// Raises a low limit as far as this process may.
  package static var areEnough: Bool {
    guard var limit, limit.rlim_cur < fewest else { return true }
    limit.rlim_cur = min(limit.rlim_max, rlim_t(fewest))
    #if os(Linux)
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    #else
      setrlimit(RLIMIT_NOFILE, &limit)
    #endif
    return count >= fewest
  }

  private static var limit: rlimit? {
    var limit = rlimit()
    #if os(Linux)
      let failed = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    #else
      let failed = getrlimit(RLIMIT_NOFILE, &limit)
    #endif
    return failed == 0 ? limit : nil
  }
}
