import Foundation

/// Another program, run to its end.
package struct Subprocess {
  package let status: Int32
  package let output: String
  package let errors: String

  /// nil if it cannot be started, for example because there is none of that name on the PATH.
  package init?(_ arguments: [String]) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    let (output, errors) = (Pipe(), Pipe())
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    guard (try? process.run()) != nil else { return nil }
    func text(_ pipe: Pipe) -> String {
      String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        .trimmingCharacters(in: .whitespacesAndNewlines)
    }
    (self.output, self.errors) = (text(output), text(errors))
    process.waitUntilExit()
    status = process.terminationStatus
    // What `env` says of a program that is not there.
    if status == 127 { return nil }
  }
}
