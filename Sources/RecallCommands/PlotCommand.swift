import ArgumentParser

struct PlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Prints an experiment's table and draws its charts from the records so far.",
    discussion: """
      The same as recall run FILE --table: it trains nothing. See also recall run --plan.

      EXAMPLES
        recall plot mqar-table-quick
        recall plot tasks/mqar-table.yaml --runs plots/published --output charts --format pdf --width column
      """)

  @OptionGroup var shown: TableOptions
  @OptionGroup(visibility: .private) var work: WorkOptions

  func run() throws {
    try ExperimentWork(shown, work, purpose: .table).run()
  }
}
