import ArgumentParser

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Trains an experiment's unfinished runs, prints its table and draws its charts.",
    discussion: """
      Every run has a record, runs/EXPERIMENT/HASH.json, named after its configuration. Finished runs are \
      not run again. Ctrl-C pauses; the same command then continues, and the result is that of an uninterrupted run, bit for bit. \
      The table goes to standard output, progress to standard error.

      A row of the table is a model on a task at a size. It is trained at every learning rate and seed. The \
      rate is chosen on validation data; then the runs at this rate, and no others, are scored once on the \
      test split. Runs start seed by seed, the longest first; the table so far is shown when a seed of all rows \
      is done, and after Ctrl-C. Any number of processes and machines may work on one folder \
      of records: each run has a lease, which expires when its holder is gone or silent for --lease-seconds.

      EXAMPLES
        recall run tasks/mqar-table-quick.yaml
        recall run tasks/mqar-table-quick.yaml --plan
        recall run mqar-table-quick training.lr=1e-2 'model.d_state=[8,16]' --seed 3
        recall run tasks/mqar-table-quick.yaml --jobs 1 --threads 2
        recall run tasks/mqar-table.yaml --only "64 tokens" --only "SSD N=256, 4 layers"
        recall run tasks/mqar-table-quick.yaml --csv > table.csv
        recall run first mqar-table-quick --table --runs plots/published
        recall run tasks/mqar-table.yaml --table --runs plots/published
        recall run mqar-table-quick --table --format pdf --width column -o figures/
      """)

  @OptionGroup var shown: TableOptions

  @Flag(help: "End when other processes work on everything that is left.")
  var noWait = false

  @Flag(
    name: [.long, .customLong("dry-run")],
    help: "Show what would be run, with arithmetic, expected time and memory; train nothing.")
  var plan = false

  @Flag(help: "Make the table and charts from the records so far; train nothing.")
  var table = false

  @OptionGroup var work: WorkOptions

  func validate() throws {
    guard !(plan && table) else { throw ValidationError("Choose one of --plan and --table.") }
    guard !plan || shown.tableFormat == .text else {
      throw ValidationError("--plan prints text: leave --csv, --json and --markdown out.")
    }
  }

  func run() throws {
    try ExperimentWork(
      shown, work, noWait: noWait, purpose: plan ? .plan : table ? .table : .training
    ).run()
  }
}
