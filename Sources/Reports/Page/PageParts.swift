import Support

/// A part of the page that a sweep changes. `recall report --watch` replaces its content in an open page.
struct LivePart {
  let id: String
  let content: HTML
  /// Differs where the content differs.
  let version: String
  private let cssClass: String

  init(_ id: String, cssClass: String = "live", @HTMLBuilder _ content: () throws -> HTML) rethrows
  {
    (self.id, self.cssClass, self.content) = (id, cssClass, try content())
    version = Checksum(of: self.content.markup).hexadecimal
  }

  var element: HTML { element("div") }

  func element(_ name: String) -> HTML {
    Reports.element(name, ["id": id, "class": cssClass, "data-version": version]) { content }
  }
}

/// A part of the page that a reader unfolds.
func section(_ id: String, _ title: String, @HTMLBuilder _ content: () throws -> HTML) rethrows
  -> HTML
{
  let content = try content()
  return element("details", ["id": id, "class": "part"]) {
    element("summary") { element("h2", [:], title) }
    content
  }
}

/// A table with numbers at the right, except in the columns `textColumns`; the first column names the row. On a narrow page
/// it scrolls; if it `stacks`, each row becomes a list of names and values instead.
///
/// - Parameter id: is unique on the page; by it a sorted table stays sorted when it changes.
func dataTable(
  _ id: String, caption: String, _ header: [String], _ rows: [[HTML]], textColumns: Set<Int> = [0],
  stacks: Bool = false
) -> HTML {
  func kind(_ column: Int) -> String? { textColumns.contains(column) ? nil : "number" }
  return element("div", ["class": "scroll", "tabindex": "0"]) {
    element("table", ["id": id, "class": stacks ? "stack" : nil]) {
      element("caption", [:], caption)
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
              element(
                column == 0 ? "th" : "td",
                [
                  "scope": column == 0 ? "row" : nil, "class": kind(column),
                  "data-name": stacks ? header[column] : nil,
                ]
              ) { cell }
            }
          }
        }
      }
    }
  }
}

/// A table of text under its title, which stacks if it has more columns than a phone can show.
func titledTable(_ id: String, _ table: TextTable) -> HTML {
  let cells = table.cells
  return dataTable(
    id, caption: table.title.prefix(1).uppercased() + table.title.dropFirst(), cells[0],
    cells.dropFirst().map { row in row.map { HTML($0) } }, stacks: cells[0].count > 4)
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

/// Lines for a shell or a file, which a reader can copy.
func code(_ text: String) -> HTML {
  element("pre") { element("code", ["tabindex": "0"], text) }
}

/// A chart with a caption.
///
/// - Parameter summary: what the chart shows, for readers who cannot see it.
func figure(_ id: String, _ svg: String, summary: String, _ caption: String) -> HTML {
  element("figure", ["id": "figure-\(id)"]) {
    element("div", ["role": "img", "aria-label": summary]) { HTML(trusted: svg) }
    element("figcaption", [:], caption)
  }
}

/// 12 runs, 1 run.
func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
