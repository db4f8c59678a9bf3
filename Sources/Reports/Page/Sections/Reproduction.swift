import Foundation
import Records
import Results
import Support

extension ReportPage {
  /// The commands that repeat these results.
  var reproductionPart: LivePart {
    // Earliest first.
    let commits = records.sorted { $0.started < $1.started }.map(\.commit)
      .filter { $0 != "unknown" }.distinct
    let checkout = commits.last.map { commit in
      let clean = commit.hasSuffix("+") ? String(commit.dropLast()) : commit
      return "git checkout \(clean)"
    }
    let halving = records.contains { $0.rungs != nil } ? " --halving" : ""
    let what = ([file] + arguments).joined(separator: " ")
    let commands =
      (checkout.map { [$0] } ?? []) + [
        "./recall run \(what)\(halving)", "./recall report \(what) --output report/",
      ]
    return LivePart("reproduce-parts") {
      element("p", [:], "In a clone of RecallBench, on Debian 12 with Swift 6.3:")
      for command in commands { code(command) }
      element("ul", ["class": "notes"]) {
        if commits.count > 1 {
          element("li") {
            "The records come from \(commits.count) commits (\(commits.joined(separator: ", "))); "
            "the first command takes the latest."
          }
        }
        element("li") {
          "If the clone lacks this experiment, its file is on this page under Configuration; save it as \(file)."
        }
        element("li") {
          "On the same kind of processor every result repeats to the bit, for any number of jobs "
          "and threads. On another kind it differs about as much as with another seed."
        }
        if let time = experiment.expectedTime {
          element("li", [:], "Expected time on two cores: \(time).")
        }
      }
    }
  }

  /// The path of the experiment's file in a clone, not on this machine.
  var file: String {
    let url = URL(filePath: experiment.file).standardizedFileURL
    let folder = url.deletingLastPathComponent().lastPathComponent
    let path = (folder == "tasks" ? "tasks/" : "") + url.lastPathComponent
    return shellPath(path)
  }
}
