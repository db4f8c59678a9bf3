import Charts
import Records
import Results
import Support

extension ReportPage {
  /// The experiment's first chart beside the table with published values, then its other charts and smaller tables.
  func resultPart(_ drawn: [String: String]) throws -> LivePart {
    let figures = charts.enumerated().map { index, chart in
      let id = "chart\(index + 1)"
      return figure(
        id, drawn[id]!, summary: "\(title): \(chart.summary)",
        "Chart \(chart.kind.name): \(chart.summary).")
    }
    let fits = try CapacityStudy(results, of: experiment).table
    let details = [
      ("table-seeds", table.seedTable), ("table-sizes", table.sizeTable), ("table-fits", fits),
    ]
    return LivePart("result-parts") {
      element("div", ["class": figures.isEmpty ? nil : "beside"]) {
        HTML(Array(figures.prefix(1)))
        element("div") {
          mainTable
          downloads
          element("ul", ["class": "notes"]) {
            for note in table.notes { element("li", [:], note) }
          }
        }
      }
      if figures.count > 1 {
        element("div", ["class": "pictures"]) { HTML(Array(figures.dropFirst())) }
      }
      if details.contains(where: { $1 != nil }) {
        element("details", ["id": "smaller-tables"]) {
          element("summary", [:], "Smaller tables")
          for (id, one) in details {
            if let one { titledTable(id, one) }
          }
        }
      }
    }
  }

  private var mainTable: HTML {
    let text = table.mainTable.cells
    let accuracy = text[0].firstIndex(of: "accuracy")!
    let rows = zip(text.dropFirst(), table.lines).map { cells, line in
      cells.enumerated().map { column, cell in
        switch column {
        case 0: Self.name(of: line)
        case accuracy: element("span", ["title": Self.seeds(of: line)]) { Self.score(cell) }
        default: Self.score(cell)
        }
      }
    }
    let note = table.note.isEmpty ? "Test scores at the chosen learning rate" : table.note
    return dataTable("table-main", caption: note, text[0], rows, stacks: true)
  }

  /// The label after the mixer's mark in every chart.
  private static func name(of line: ResultTable.Line) -> HTML {
    let style = line.shared.model.chartStyle
    return HTML([
      element(
        "span",
        [
          "class": "swatch", "style": "color: \(style.colour.variable)", "data-mark": style.glyph,
        ]), HTML(line.label),
    ])
  }

  /// An interval is not broken into two lines, and a star stays with its number.
  private static func score(_ text: String) -> HTML {
    if text.hasSuffix(" *") { return element("span", ["class": "whole"], text) }
    guard let space = text.firstIndex(of: " "), "±(".contains(text[text.index(after: space)]) else {
      return HTML(text)
    }
    return HTML([
      HTML("\(text[..<space]) "),
      element("span", ["class": "whole"], String(text[text.index(after: space)...])),
    ])
  }

  /// Each seed's accuracy; nil for a single one.
  private static func seeds(of line: ResultTable.Line) -> String? {
    let seeds = (line.score ?? line.partialScore)?.seeds ?? []
    guard seeds.count > 1 else { return nil }
    return seeds.map { "seed \($0.seed): \(fixed($0.accuracy, 4))" }.joined(separator: "\n")
  }

  /// For other programs: the table, and a line for each run. The script makes the buttons.
  private var downloads: HTML {
    let files = [
      ("csv-table", "Table (CSV)", "\(experiment.name).csv", table.text(.csv)),
      ("csv-runs", "Every run (CSV)", "\(experiment.name)-runs.csv", table.runText),
    ]
    return element("div", ["class": "tools"]) {
      for (id, name, file, text) in files {
        element("span", ["data-download": id, "data-name": name])
        element("pre", ["id": id, "hidden": "hidden", "data-file": file], text)
      }
    }
  }
}
