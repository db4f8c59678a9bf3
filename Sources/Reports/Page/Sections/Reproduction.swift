import Foundation

extension ReportPage {
  /// Commands that make these figures again.
  var reproductionSection: HTML {
    // Earliest first.
    let commits = records.sorted { $0.started < $1.started }.map(\.commit)
      .reduce(into: [String]()) { commits, commit in
        if commit != "unknown", !commits.contains(commit) { commits.append(commit) }
      }
    let checkout = commits.last.map { commit in
      let clean = commit.hasSuffix("+") ? String(commit.dropLast()) : commit
      return "git checkout \(clean)\n"
    }
    let halving = records.contains { $0.rungs != nil } ? " --halving" : ""
    let commands = """
      \(checkout ?? "")./recall run \(file)\(halving)
      ./recall report \(file) --output report/
      """
    return section("reproduce", "Reproduce") {
      element("p", [:], "In a clone of RecallBench, on Debian 12 with Swift 6.3:")
      element("pre") { element("code", [:], commands) }
      element("ul", ["class": "notes"]) {
        if commits.count > 1 {
          element("li") {
            "The records come from \(commits.count) commits (\(commits.joined(separator: ", "))); "
            "the first command takes the latest."
          }
        }
        element("li") {
          "On the same kind of processor every figure repeats to the bit, for any number of jobs "
          "and threads; on others about as well as another seed's."
        }
        if let time = experiment.expectedTime {
          element("li", [:], "Expected time on two cores: \(time).")
        }
      }
    }
  }

  /// The experiment's file as it is called in a clone, not where it lay on this machine.
  private var file: String {
    let url = URL(filePath: experiment.file).standardizedFileURL
    let path = url.pathComponents.suffix(2).joined(separator: "/")
    guard path.contains(where: { !$0.isLetter && !$0.isNumber && !"/._-".contains($0) }) else {
      return path
    }
    return "'\(path.replacing("'", with: "'\\''"))'"
  }
}
