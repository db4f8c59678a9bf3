import Foundation
import Kernels
import Support

/// The code and the machine: results and speed depend on them besides the configuration.
package struct Machine: Sendable {
  /// The commit of the source code, with "+" after it if files changed since; "unknown" outside git.
  package let commit: String
  package let cpu: String
  package let instructionSet: String
  package let blasCore: String

  package init(commit: String, cpu: String, instructionSet: String, blasCore: String) {
    (self.commit, self.cpu) = (commit, cpu)
    (self.instructionSet, self.blasCore) = (instructionSet, blasCore)
  }

  /// The commit alone, for which no matrices are needed.
  package static let currentCommit = sourceCommit

  package static let current = Machine(
    commit: currentCommit, cpu: processorName, instructionSet: "\(InstructionSet.current)",
    blasCore: BLAS.coreName)

  /// The OpenBLAS core type to ask for where OpenBLAS does not know this processor; else nil.
  package static var fasterBLASCore: String? { BLAS.fasterCore }

  /// How many processor cores this program may use.
  package static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

  private static var processorName: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
      ?? "unknown"
  }

  private static var sourceCommit: String {
    let folder = (Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0]))
      .resolvingSymlinksInPath().deletingLastPathComponent().path
    guard let commit = git(["rev-parse", "--short=12", "HEAD"], in: folder), !commit.isEmpty
    else { return "unknown" }
    let changes = git(["status", "--porcelain", "--untracked-files=no"], in: folder) ?? ""
    return commit + (changes.isEmpty ? "" : "+")
  }

  private static func git(_ arguments: [String], in folder: String) -> String? {
    guard let git = Subprocess(["git", "-C", folder] + arguments, within: 30), git.status == 0
    else {
      return nil
    }
    return git.output
  }
}
