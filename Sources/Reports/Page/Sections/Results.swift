import Charts
import Records
import Results
import Support

extension ReportPage {
  /// The table with published values beside measured ones, and the experiment's charts.
  var resultSection: HTML {
    get throws {
      let pictures = try charts.enumerated().map { index, chart in
        (chart.kind, try chart.inlineSVG(id: "chart\(index + 1)", scripts: scripts))
      }
      let fits = try CapacityStudy(results, of: experiment).table
      return section("results", "Results") {
        dataTable(table.mainTable)
        element("ul", ["class": "notes"]) {
          for note in table.notes { element("li", [:], note) }
        }
        for detail in [table.seedTable, table.sizeTable, fits].compactMap(\.self) {
          titledTable(detail)
        }
        for (kind, svg) in pictures {
          figure(
            svg, summary: "\(title): \(kind.summary)", "Chart \(kind.name): \(kind.summary).")
        }
      }
    }
  }
}
