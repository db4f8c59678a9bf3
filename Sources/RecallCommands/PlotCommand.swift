import ArgumentParser

struct PlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Prints an experiment's table and draws its charts from the records so far.",
    discussion: """
      The same as recall run FILE --table: it trains nothing.

      EXAMPLES
        recall plot mqar-table-quick
        recall plot tasks/mqar-table.yaml --runs plots/published --output charts --format pdf --width column
      """)

  @OptionGroup var command: RunCommand

  func validate() throws {
    guard !command.plan else {
      throw ValidationError("plot trains nothing; see recall run --plan.")
    }
  }

  func run() throws {
    var command = command
    command.table = true
    try command.run()
  }
}
