import Records
import Support

extension ReportPage {
  /// The code and the processors that made the records.
  var machinePart: LivePart {
    struct Origin: Hashable {
      let commit, processor: String
      let threads: Int
    }
    let groups = records.grouped {
      Origin(commit: $0.commit, processor: $0.processor.description, threads: $0.threads)
    }
    let processors = Set(records.map { "\($0.instructionSet) \($0.blasCore)" })
    return LivePart("machine-parts") {
      if groups.isEmpty { element("p", ["class": "muted"], "There is no record yet.") }
      dataTable(
        "table-machines", caption: "Where the records come from",
        ["commit", "processor", "threads", "runs", "first started", "last finished", "time"],
        groups.map { origin, records in
          [
            HTML(origin.commit), HTML(origin.processor), HTML("\(origin.threads)"),
            HTML("\(records.count)"), HTML(records.map(\.started).min() ?? ""),
            HTML(records.compactMap(\.finished).max() ?? "not yet"),
            HTML(clock(records.compactMap(\.throughput?.seconds).reduce(0, +))),
          ]
        }, textColumns: [0, 1, 4, 5])
      element("ul", ["class": "notes"]) {
        element(
          "li", [:], "Time is the sum over runs, which may have been trained at the same time.")
        if processors.count > 1 {
          element("li") {
            "The runs come from processors that round differently: a run repeated on another processor differs "
            "about as much as a run with another seed."
          }
        }
        if records.contains(where: { $0.commit.hasSuffix("+") }) {
          element("li", [:], "+ after a commit: files had been changed since.")
        }
      }
    }
  }
}
