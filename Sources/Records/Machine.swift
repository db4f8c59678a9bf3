import Foundation
import Kernels
import Support
import Training

/// The code and the machine: results and speed depend on them besides the configuration.
package struct Machine: Sendable {
  /// The commit of the source code, with "+" after it if files changed since; "unknown" outside git.
  package let commit: String
  package let cpu: String
  package let instructionSet: String
  package let blasCore: String
  /// Whether the processor multiplies bfloat16 numbers (AMX).
  package let multipliesBFloat16: Bool

  package init(
    commit: String, cpu: String, instructionSet: String, blasCore: String,
    multipliesBFloat16: Bool = false
  ) {
    (self.commit, self.cpu) = (commit, cpu)
    (self.instructionSet, self.blasCore) = (instructionSet, blasCore)
    self.multipliesBFloat16 = multipliesBFloat16
  }

  /// The instructions that kernels use at this precision.
  package func instructionSet(at precision: TrainingSettings.Precision) -> String {
    multipliesBFloat16 && precision == .bf16 ? instructionSet + " with AMX" : instructionSet
  }

  /// The commit alone, for which no matrices are needed.
  package static let currentCommit = sourceCommit

  package static let current = Machine(
    commit: currentCommit, cpu: processorName, instructionSet: "\(InstructionSet.current)",
    blasCore: BLAS.coreName, multipliesBFloat16: Kernels.multipliesBFloat16)

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
