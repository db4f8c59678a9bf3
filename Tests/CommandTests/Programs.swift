import Foundation

/// Python, to read our files with its packages.
enum Python {
  /// `RECALLBENCH_PYTHON` if that is set, else python3 of the PATH.
  private static let program =
    ProcessInfo.processInfo.environment["RECALLBENCH_PYTHON"] ?? "python3"

  static func run(_ arguments: [String]) -> (status: Int32, output: String) {
    runProgram([program] + arguments)
  }

  /// Whether these modules, separated by commas, can be imported.
  static func has(_ modules: String) -> Bool { run(["-c", "import \(modules)"]).status == 0 }
}

/// Runs a program found in the PATH; the status is 127 if there is none.
///
/// - Parameter errors: a file for its standard error; nil discards it.
func runProgram(
  _ arguments: [String], errors: URL? = nil
) -> (status: Int32, output: String) {
  let (process, pipe) = (Process(), Pipe())
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = arguments
  process.standardInput = FileHandle.nullDevice
  process.standardOutput = pipe
  process.standardError = FileHandle.nullDevice
  if let errors {
    _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
    process.standardError = FileHandle(forWritingAtPath: errors.path)
  }
  guard (try? process.run()) != nil else { return (127, "") }
  let data = (try? pipe.fileHandleForReading.readToEnd()) ?? Data()
  process.waitUntilExit()
  return (process.terminationStatus, String(decoding: data, as: UTF8.self))
}

/// RecallBench's own folder.
let projectFolder = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()
