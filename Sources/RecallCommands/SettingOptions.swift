import ArgumentParser
import Support

/// Settings on the command line instead of those of the experiment's file.
struct SettingOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Settings instead of those of the file, such as training.lr=1e-2 or model.d_state=[8,16].",
      valueName: "section.key=value"))
  var arguments: [String] = []

  @Option(help: "The seed instead of those of the file; may be given several times.")
  var seed: [UInt64] = []

  var overrides: [String] { arguments.filter { $0.contains("=") } }

  /// Arguments that are no settings: further experiments, where a command takes several.
  var files: [String] { arguments.filter { !$0.contains("=") } }

  /// Throws `ValidationError` for further experiments after that of a command which takes one.
  func requireOneExperiment(of command: String) throws {
    guard let file = files.first else { return }
    throw ValidationError(
      "\(file) is no setting (section.key=value), and \(command) takes one experiment.")
  }

  /// The settings as overrides of an experiment.
  var settings: [String] {
    overrides
      + (seed.isEmpty ? [] : ["seed=[\(seed.map(String.init).joined(separator: ","))]"])
  }

  /// The settings as words of a shell command.
  var words: [String] { overrides.map(shellWord) + seed.map { "--seed \($0)" } }

  /// The settings as the end of a shell command.
  var text: String { words.map { " " + $0 }.joined() }
}
