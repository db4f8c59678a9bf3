import Foundation

/// What this process can have of memory.
public enum Memory {
  /// Throws `SettingsError` if so many bytes are more than this machine has, or than this process may use.
  ///
  /// - Parameters:
  ///   - bytes: how much is wanted.
  ///   - what: what it is for, such as "a training step".
  public static func require(_ bytes: Double, for what: String) throws(SettingsError) {
    var (most, name) = (Double(ProcessInfo.processInfo.physicalMemory), "this machine's")
    if let limit = addressSpace, limit < most {
      (most, name) = (limit, "of address space (ulimit -v)")
    }
    if let limit = group, limit < most { (most, name) = (limit, "of this process's control group") }
    guard bytes > most else { return }
    let size = gigabytes(most)
    throw SettingsError(
      "memory of \(what)", "\(gigabytes(bytes)) or more",
      allowed: name.hasPrefix("of") ? "\(size) \(name)" : "\(name) \(size)")
  }

  private static var addressSpace: Double? {
    guard let limit = ResourceLimit.addressSpace?.values.rlim_cur else { return nil }
    // Infinity is the largest number.
    return limit > 1 << 62 ? nil : Double(limit)
  }

  /// The limit of a container or of a job on a cluster, where this process can see it.
  private static var group: Double? {
    let path = "/sys/fs/cgroup/memory.max"
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    return Double(text.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  private static func gigabytes(_ bytes: Double) -> String {
    bytes < 1e15 ? "\(fixed(bytes / 1e9, 1)) GB" : "\(significant(bytes / 1e9, 3)) GB"
  }
}
