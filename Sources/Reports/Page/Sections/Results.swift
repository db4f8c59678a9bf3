import Experiments

extension ReportPage {
  /// The table, published values beside measured ones, and the experiment's chart.
  var resultSection: HTML {
    get throws {
      let svg = try chart?.inlineSVG(id: "chart", scripts: scripts)
      let cells = table.cells
      return section("results", "Results") {
        dataTable(cells)
        element("ul", ["class": "notes"]) {
          for note in table.notes { element("li", [:], note) }
        }
        for detail in [table.seedDetail, table.sizeDetail].compactMap(\.self) {
          detailTable(detail)
        }
        if let svg, let chart {
          figure(
            svg, summary: "\(title): the table as a chart",
            "Chart \(chart.kind.name): \(chart.kind.summary).")
        }
      }
    }
  }
}
