import ArgumentParser
import Foundation
import Storage
import Support

/// The exit status for bad input; failed work has 1.
let badInputStatus: Int32 = 2

// A file that exceeds its size limit makes the write fail; it must not end the process.
signal(SIGXFSZ, SIG_IGN)

do {
  var command = try Recall.parseAsRoot()
  try command.run()
} catch {
  let code = Recall.exitCode(for: error)
  if code == .success || error is ExitCode {
    // Help, or a status that a command chose after it printed its own message.
    Recall.exit(withError: error)
  }
  let isBadInput =
    code == .validationFailure || error is ConfigurationError || error is SettingsError
    || error is FileError || error is SafetensorsError
  let message = code == .validationFailure ? Recall.fullMessage(for: error) : "error: \(error)"
  FileHandle.standardError.write(Data((message + "\n").utf8))
  exit(isBadInput ? badInputStatus : EXIT_FAILURE)
}
