import Foundation

/// How many files this process may have open at a time. Where there are none left, threads of the system's libraries end
/// the process.
package enum Descriptors {
  /// Far more than any command opens at a time.
  package static let fewest = 32

  package static var count: UInt64 {
    ResourceLimit.openFiles.map { UInt64($0.values.rlim_cur) } ?? .max
  }

  /// Raises a low limit as far as this process may.
  package static var areEnough: Bool {
    guard var limit = ResourceLimit.openFiles, limit.values.rlim_cur < fewest else { return true }
    limit.raise(to: rlim_t(fewest))
    return count >= fewest
  }
}
