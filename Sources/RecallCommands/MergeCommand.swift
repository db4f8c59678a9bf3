import ArgumentParser
import Experiments
import Foundation

struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Unites records of other folders, for example of other machines, with those here.",
    discussion: """
      A folder is runs/ or runs/EXPERIMENT/ of another machine; it is only read. Every record is checked: \
      its checksum, and that its name is that of its configuration. Of a run on both sides the one that is \
      further is kept, with its weights or checkpoint. Two different results of one run are named, and \
      the one here is kept. A damaged record here is renamed to ….damaged, and theirs taken, unless theirs is \
      unfinished and a checkpoint is here.

      Exit status 1: some could not be united.

      EXAMPLES
        recall merge /mnt/machine-a/runs /mnt/machine-b/runs
        recall merge copies/mqar-table-quick --runs runs
      """)

  @Argument(help: "Folders of records.", completion: .directory)
  var folders: [String]

  @Option(help: "The folder of records into which they go.")
  var runs = "runs"

  func run() throws {
    var merge = RecordMerge(into: URL(fileURLWithPath: runs, isDirectory: true)) {
      Terminal.say("warning: \($0)")
    }
    for folder in folders { try merge.add(URL(fileURLWithPath: folder, isDirectory: true)) }
    for problem in merge.problems { Terminal.say("warning: \(problem)") }
    print(
      "\(merge.added.count) added, \(merge.updated.count) updated, \(merge.kept) kept, "
        + "\(merge.problems.count) not united")
    if !merge.problems.isEmpty { throw ExitCode.failure }
  }
}
