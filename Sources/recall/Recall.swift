import ArgumentParser

struct Recall: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recall",
    abstract: "Measures how much a sequence mixer can remember.",
    discussion: """
      RecallBench trains small models on recall tasks, counts the state that each model carries, and draws \
      accuracy against that count. A question is a YAML file in tasks/. Each run has a record, a JSON file \
      in runs/.

      EXAMPLES
        recall run tasks/mqar-table-quick.yaml   train, print the table, draw the chart
        recall list                              what such a file can contain
      """,
    subcommands: [
      RunCommand.self, SubmitCommand.self, StatusCommand.self, MergeCommand.self,
      EvaluateCommand.self, DatasetCommand.self, ScoreCommand.self,
      ReportCommand.self, DiffCommand.self, CapacityCommand.self, BenchCommand.self,
      ListCommand.self,
    ])

  @Flag(help: "Show the version, and the commit if it is known.") var version = false

  func run() throws {
    guard version else { throw CleanExit.helpRequest() }
    print(Version.text)
  }
}
