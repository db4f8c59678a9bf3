import Experiments

extension ReportPage {
  /// The table, published values beside measured ones, and the experiment's charts.
  var resultSection: HTML {
    get throws {
      let pictures = try charts.enumerated().map { index, chart in
        (chart.kind, try chart.inlineSVG(id: "chart\(index + 1)", scripts: scripts))
      }
      let fits = try CapacityStudy(results, of: experiment).detail
      let cells = table.cells
      return section("results", "Results") {
        dataTable(cells)
        element("ul", ["class": "notes"]) {
          for note in table.notes { element("li", [:], note) }
        }
        for detail in [table.seedDetail, table.sizeDetail, fits].compactMap(\.self) {
          detailTable(detail)
        }
        for (kind, svg) in pictures {
          figure(
            svg, summary: "\(title): \(kind.summary)", "Chart \(kind.name): \(kind.summary).")
        }
      }
    }
  }
}
