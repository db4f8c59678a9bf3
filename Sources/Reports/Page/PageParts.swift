import Support
/// A part of the page under a heading.
func section(_ id: String, _ title: String, @HTMLBuilder _ content: () throws -> HTML) rethrows
  -> HTML
{
  let content = try content()
  return element("section", ["id": id]) {
    element("h2", [:], title)
    content
  }
}

/// A table with numbers at the right, except in the columns `textColumns`. On a narrow page it scrolls; if it `stacks`,
/// each row becomes a list of names and values instead.
func dataTable(
  _ header: [String], _ rows: [[HTML]], textColumns: Set<Int> = [0], stacks: Bool = false
) -> HTML {
  func kind(_ column: Int) -> String? { textColumns.contains(column) ? nil : "number" }
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

/// A table of text, which stacks if it has more columns than a phone can show.
func dataTable(_ table: TextTable) -> HTML {
  let cells = table.cells
  return dataTable(
    cells[0], cells.dropFirst().map { row in row.map { HTML($0) } }, stacks: cells[0].count > 4)
}

/// A table under its title.
func titledTable(_ table: TextTable) -> HTML {
  HTML([
    element("h3", [:], table.title.prefix(1).uppercased() + table.title.dropFirst()),
    dataTable(table),
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

/// A chart with a caption. On a narrow page it shrinks, and scrolls at full size while it has the focus.
///
/// - Parameter summary: what the chart shows, for readers who cannot see it.
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
