import Foundation

/// Python, for what its packages make of our files.
enum Python {
  /// `RECALLBENCH_PYTHON` if that is set, else python3 of the PATH.
  private static let program =
    ProcessInfo.processInfo.environment["RECALLBENCH_PYTHON"] ?? "python3"

  static func run(_ arguments: [String]) -> (status: Int32, output: String) {
    runProgram([program] + arguments)
  }

  /// Whether these modules, parted by commas, can be imported.
  static func has(_ modules: String) -> Bool { run(["-c", "import \(modules)"]).status == 0 }
}

/// Runs a program of the PATH; without one the status is 127.
///
/// - Parameter errors: a file that takes its standard error; nil drops it.
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
