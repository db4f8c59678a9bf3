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

/// A table that scrolls by itself where the page is narrow; numbers to the right, except in the columns
/// that are `words`.
func dataTable(_ header: [String], _ rows: [[HTML]], words: Set<Int> = [0]) -> HTML {
  func kind(_ column: Int) -> String? { words.contains(column) ? nil : "number" }
  return element("div", ["class": "scroll", "tabindex": "0"]) {
    element("table") {
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
              element("td", ["class": kind(column)]) { cell }
            }
          }
        }
      }
    }
  }
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

/// A chart with what it shows; the chart scrolls where the page is narrow.
func figure(_ svg: String, _ caption: String) -> HTML {
  element("figure") {
    element("div", ["class": "scroll", "tabindex": "0"]) { HTML(trusted: svg) }
    element("figcaption", [:], caption)
  }
}

/// 12 runs, 1 run.
func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
