import Experiments

/// A part of the page with a heading of its own.
func section(_ id: String, _ title: String, @HTMLBuilder _ content: () throws -> HTML) rethrows
  -> HTML
{
  let content = try content()
  return element("section", ["id": id]) {
    element("h2", [:], title)
    content
  }
}

/// A table; numbers to the right, except in the columns that are `words`. Where the page is narrow it scrolls by
/// itself, or, if it `stacks`, each row becomes a list of names and values.
func dataTable(
  _ header: [String], _ rows: [[HTML]], words: Set<Int> = [0], stacks: Bool = false
) -> HTML {
  func kind(_ column: Int) -> String? { words.contains(column) ? nil : "number" }
  return element("div", ["class": "scroll", "tabindex": "0"]) {
    element("table", ["class": stacks ? "stack" : nil]) {
      element("thead") {
        element("tr") {
          for (column, title) in header.enumerated() {
            element("th", ["scope": "col", "class": kind(column)], title)
          }
        }
      }
      element("tbody") {
        for row in rows {
          element("tr") {
            for (column, cell) in row.enumerated() {
              element("td", ["class": kind(column), "data-name": stacks ? header[column] : nil]) {
                cell
              }
            }
          }
        }
      }
    }
  }
}

/// A header and rows of text; with more columns than a phone is wide it stacks.
func dataTable(_ cells: [[String]]) -> HTML {
  dataTable(
    cells[0], cells.dropFirst().map { row in row.map { HTML($0) } }, stacks: cells[0].count > 4)
}

/// A smaller table under a title.
func detailTable(_ detail: ResultTable.Detail) -> HTML {
  HTML([
    element("h3", [:], detail.title.prefix(1).uppercased() + detail.title.dropFirst()),
    dataTable(detail.cells),
  ])
}

/// Names with their values.
func facts(_ pairs: [(name: String, value: String)]) -> HTML {
  element("dl") {
    for pair in pairs {
      element("div") {
        element("dt", [:], pair.name)
        element("dd", [:], pair.value)
      }
    }
  }
}

/// A chart with what it shows. Where the page is narrow it is as wide as that, and scrolls, larger, while it has the
/// focus.
///
/// - Parameter summary: what it shows, for those who do not see it.
func figure(_ svg: String, summary: String, _ caption: String) -> HTML {
  element("figure") {
    element("div", ["class": "scroll", "tabindex": "0", "role": "img", "aria-label": summary]) {
      HTML(trusted: svg)
    }
    element("figcaption") {
      caption
      element("span", ["class": "narrow"], " Tap the chart to enlarge it.")
    }
  }
}

/// 12 runs, 1 run.
func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
