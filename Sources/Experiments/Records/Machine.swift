import Foundation
import Kernels
import Support

/// What results and speed depend on besides the configuration.
public struct Machine: Sendable {
  /// Of the source code, with "+" after it if files were changed since; "unknown" outside git.
  public let commit: String
  public let cpu: String
  public let instructionSet: String
  public let blasCore: String

  package init(commit: String, cpu: String, instructionSet: String, blasCore: String) {
    (self.commit, self.cpu) = (commit, cpu)
    (self.instructionSet, self.blasCore) = (instructionSet, blasCore)
  }

  public static let current = Machine(
    commit: sourceCommit, cpu: processorName, instructionSet: "\(InstructionSet.current)",
    blasCore: BLAS.coreName)

  /// `BLAS.fasterCore`: nil unless OpenBLAS does not know this processor.
  public static var fasterBLASCore: String? { BLAS.fasterCore }

  /// The processors that may be used at once.
  public static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

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
