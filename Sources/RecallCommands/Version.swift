import Records

/// The version of this program; CHANGELOG.md says what came with each.
enum Version {
  static let number = "0.2.0"

  /// Such as `recall 0.2.0 (commit 0123456789ab)`; the commit ends with "+" if files were changed since.
  static var text: String {
    let commit = Machine.currentCommit
    return "recall \(number)" + (commit == "unknown" ? "" : " (commit \(commit))")
  }
}
