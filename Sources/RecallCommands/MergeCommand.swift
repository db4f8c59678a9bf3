import ArgumentParser
import Foundation
import Records
import Storage

struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Adds records of other folders, for example of other machines, to those here.",
    discussion: """
      A folder is runs/ or runs/EXPERIMENT/ of another machine; it is only read. Every record is checked: its \
      checksum, and that its file has the name of its configuration. If both sides have a run, the one that was \
      trained further stays, with its weights or checkpoint. If two results of one run differ, the run is named \
      and the result here stays. A damaged record here is renamed to ….damaged and replaced by the other one, \
      unless that one is unfinished and there is a checkpoint here.

      The exit status is 1 if some records could not be added.

      EXAMPLES
        recall merge /mnt/machine-a/runs /mnt/machine-b/runs
        recall merge copies/mqar-table-quick --runs runs
      """)

  @Argument(help: "Folders of records to add.", completion: .directory)
  var folders: [String]

  @Option(help: "The folder of records to add them to.")
  var runs = "runs"

  func run() throws {
    var merge = RecordMerge(into: URL(fileURLWithPath: runs, isDirectory: true)) {
      Terminal.say("warning: \($0)")
    }
    // A folder that cannot be used does not keep the others out.
    var failures: [FileError] = []
    for folder in folders {
      do {
        try merge.add(URL(fileURLWithPath: folder, isDirectory: true))
      } catch let error as FileError {
        failures.append(error)
        if error.isOutOfSpace { break }
      }
    }
    for problem in merge.problems { Terminal.say("warning: \(problem)") }
    try Terminal.print(
      "\(merge.added.count) added, \(merge.updated.count) updated, \(merge.kept) kept, "
        + "\(merge.problems.count) not merged"
        + (failures.isEmpty ? "" : "; \(failures.count) of \(folders.count) folders not to the end")
    )
    for failure in failures.dropLast() { Terminal.say("error: \(failure)") }
    if let last = failures.last { throw last }
    if !merge.problems.isEmpty { throw ExitCode.failure }
  }
}
