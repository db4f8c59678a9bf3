import Foundation
import Support

/// gnuplot's SVG, completed: a title and a description, what marks mean on hovering, sizes on paper.
enum SVGFile {
  static func finish(_ file: URL, of chart: Chart) throws {
    let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    // Half a picture is found out by `PictureFile`.
    guard text.trimmingCharacters(in: .newlines).hasSuffix("</svg>") else { return }
    try Data(finished(text, of: chart).utf8).write(to: file)
  }

  static func finished(_ svg: String, of chart: Chart) -> String {
    var text = svg
    text.replace(
      #/<title>Gnuplot<\/title>\s*<desc>[^<]*<\/desc>/#,
      with: "<title>\(escaped(chart.title))</title>\n<desc>\(escaped(chart.summary))</desc>")
    if let width = chart.width.millimetres {
      let height = width * chart.height / chart.width.units
      text.replace(
        #/<svg\s+width="\d+" height="\d+"/#,
        with: "<svg width=\"\(width)mm\" height=\"\(fixed(height, 2))mm\"")
    }
    // gnuplot draws crosses as hairlines, whatever the line width.
    text.replace("gpPt1' stroke-width='0.133'", with: "gpPt1' stroke-width='0.35'")
    // gnuplot does not escape ">"; XML needs that here and nowhere else.
    text.replace("]]>", with: "]]&gt;")
    return withTips(text, chart.tips)
  }

  /// Gives each mark of a plot with tips its title, which browsers show on hovering. gnuplot's own titles of plots, such as
  /// "gnuplot_plot_1", are removed.
  private static func withTips(_ svg: String, _ tips: [String: [String]]) -> String {
    var lines = svg.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    // The lines of the file with the marks of each plot; a chart with several panels has several plots of one title.
    var marks: [String: [Int]] = [:]
    var plot: String?
    // How many groups are open within the plot's.
    var depth = 0
    // Regular expressions would take most of the time that a page with many charts takes.
    let start = "<g id=\"gnuplot_plot_"
    for index in lines.indices {
      let line = lines[index]
      if line.contains(start), let open = line.range(of: "<title>"),
        let close = line.range(of: "</title>")
      {
        (plot, depth) = (String(line[open.upperBound..<close.lowerBound]), 0)
        lines[index].removeSubrange(open.lowerBound..<close.upperBound)
      } else if let plot, tips[plot] != nil, line.contains("<use ") || line.contains("<polygon ") {
        marks[plot, default: []].append(index)
      }
      guard plot != nil else { continue }
      depth += line.occurrences(of: "<g ") + line.occurrences(of: "<g>")
      depth -= line.occurrences(of: "</g>")
      if depth <= 0 { plot = nil }
    }
    for (plot, tips) in tips where marks[plot]?.count == tips.count {
      for (index, tip) in zip(marks[plot]!, tips) {
        lines[index] = "<g><title>\(escaped(tip))</title>\(lines[index])</g>"
      }
    }
    return lines.joined(separator: "\n")
  }

  /// The text in XML, without characters that XML forbids.
  static func escaped(_ text: String) -> String {
    let allowed = text.unicodeScalars.filter { $0 == "\n" || !$0.isControl }
    return String(String.UnicodeScalarView(allowed)).replacing("&", with: "&amp;")
      .replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}

extension String {
  fileprivate func occurrences(of text: String) -> Int {
    var (count, rest) = (0, self[...])
    while let found = rest.range(of: text) {
      count += 1
      rest = rest[found.upperBound...]
    }
    return count
  }
}
