import Experiments
import Support

extension ReportPage {
  /// Which code on which processors made the records.
  var machineSection: HTML {
    struct Origin: Hashable {
      let commit, processor: String
      let threads: Int
    }
    var groups: [(origin: Origin, records: [RunRecord])] = []
    for record in records {
      let origin = Origin(
        commit: record.commit, processor: record.processor.description, threads: record.threads)
      if let index = groups.firstIndex(where: { $0.origin == origin }) {
        groups[index].records.append(record)
      } else {
        groups.append((origin, [record]))
      }
    }
    let processors = Set(records.map { "\($0.instructionSet) \($0.blasCore)" })
    return section("machine", "Machine and code") {
      if groups.isEmpty { element("p", ["class": "muted"], "There is no record yet.") }
      dataTable(
        ["commit", "processor", "threads", "runs", "first started", "last finished", "time"],
        groups.map { origin, records in
          [
            HTML(origin.commit), HTML(origin.processor), HTML("\(origin.threads)"),
            HTML("\(records.count)"), HTML(records.map(\.started).min() ?? ""),
            HTML(records.compactMap(\.finished).max() ?? "not yet"),
            HTML(clock(records.compactMap(\.throughput?.seconds).reduce(0, +))),
          ]
        }, words: [0, 1, 4, 5])
      element("ul", ["class": "notes"]) {
        element("li", [:], "Time is summed over runs, which may have gone on side by side.")
        if processors.count > 1 {
          element("li") {
            "The runs come from processors that round differently: repeated on another, a run's "
            "figures agree only about as well as another seed's."
          }
        }
        if records.contains(where: { $0.commit.hasSuffix("+") }) {
          element("li", [:], "+ after a commit: files had been changed since.")
        }
      }
    }
  }
}
