import ArgumentParser
import Reports
import Support

/// Which experiments, and how their tables and charts are made: options of `run` and `plot`.
struct TableOptions: ParsableArguments {
  @Argument(help: ExperimentFile.help, completion: ExperimentFile.completion)
  var file: String

  @OptionGroup var chosen: SettingOptions

  @Option(
    name: [.customShort("o"), .long],
    help:
      "The folder for charts (default: runs/EXPERIMENT; with --only, --seed or other settings than the file's, runs/EXPERIMENT/part, which holds the latest part)."
  )
  var output: String?

  @Option(
    help:
      "Take only rows of the table with this label or, if there is none, with this text in their label; may be given several times."
  )
  var only: [String] = []

  @Flag(help: "Show the smaller tables, too: accuracy by seed, size and learning rate.")
  var details = false

  @Flag(
    help:
      "No progress, no notes on the training: errors, the table with its notes, and where the charts are."
  )
  var quiet = false

  @Flag(help: "Print the table as CSV.")
  var csv = false

  @Flag(help: "Print the table as one JSON object.")
  var json = false

  @Flag(help: "Print the table as Markdown.")
  var markdown = false

  @OptionGroup var pictures: PictureOptions
  @OptionGroup var records: RecordsOptions

  func validate() throws {
    guard [csv, json, markdown].count(where: \.self) < 2 else {
      throw ValidationError("Choose one of --csv, --json and --markdown.")
    }
    guard !(csv || json) || files.count == 1 else {
      throw ValidationError("--csv and --json take one experiment.")
    }
  }

  var files: [String] { [file] + chosen.files }

  var tableFormat: TableFormat {
    csv ? .csv : json ? .json : markdown ? .markdown : .text
  }
}
