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
      with: "<title>\(escaped(chart.title))</title>\n<desc>\(escaped(chart.summary))</desc>",
      maxReplacements: 1)
    if let width = chart.width.millimetres {
      let height = width * chart.height / chart.width.units
      text.replace(
        #/<svg\s+width="\d+" height="\d+"/#,
        with: "<svg width=\"\(width)mm\" height=\"\(fixed(height, 2))mm\"", maxReplacements: 1)
    }
    // gnuplot draws crosses as hairlines, whatever the line width.
    text.replace(
      "gpPt1' stroke-width='0.133'", with: "gpPt1' stroke-width='0.35'", maxReplacements: 1)
    return withTips(text, chart.tips)
  }

  /// Gives each mark of a plot with tips its title, which browsers show on hovering. gnuplot's own titles of plots, such as
  /// "gnuplot_plot_1", are removed.
  private static func withTips(_ svg: String, _ tips: [String: [String]]) -> String {
    var lines = svg.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map(Substring.init)
    // The lines of the file with the marks of each plot; a chart with several panels has several plots of one title.
    var marks: [String: [Int]] = [:]
    var plot: String?
    // How many groups are open within the plot's.
    var depth = 0
    for index in lines.indices {
      // gnuplot does not escape ">"; XML needs that here and nowhere else.
      if lines[index].count(of: "]]>") > 0 { lines[index].replace("]]>", with: "]]&gt;") }
      let line = lines[index]
      if line.count(of: "<g id=\"gnuplot_plot_") > 0, let open = line.range(of: "<title>"),
        let close = line.range(of: "</title>")
      {
        (plot, depth) = (String(line[open.upperBound..<close.lowerBound]), 0)
        lines[index].removeSubrange(open.lowerBound..<close.upperBound)
      } else if let plot, tips[plot] != nil,
        line.count(of: "<use ") + line.count(of: "<polygon ") > 0
      {
        marks[plot, default: []].append(index)
      }
      guard plot != nil else { continue }
      depth += line.count(of: "<g ") + line.count(of: "<g>") - line.count(of: "</g>")
      if depth <= 0 { plot = nil }
    }
    for (plot, tips) in tips where marks[plot]?.count == tips.count {
      for (index, tip) in zip(marks[plot]!, tips) {
        lines[index] = "<g><title>\(escaped(tip))</title>\(lines[index])</g>"[...]
      }
    }
    return lines.joined(separator: "\n")
  }

  /// The text in XML, without characters that XML forbids.
  static func escaped(_ text: String) -> String {
    // Most texts, and a page has one for every mark.
    if text.utf8.allSatisfy({ (32..<127).contains($0) && !"&<>".utf8.contains($0) }) { return text }
    let allowed = text.unicodeScalars.filter { $0 == "\n" || !$0.isControl }
    return String(String.UnicodeScalarView(allowed)).replacing("&", with: "&amp;")
      .replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}

extension Substring {
  /// How often the text occurs; by bytes, because a page with many charts has megabytes of lines.
  fileprivate func count(of text: StaticString) -> Int {
    let size = text.utf8CodeUnitCount
    let number = utf8.withContiguousStorageIfAvailable { bytes in
      guard var start = UnsafeRawPointer(bytes.baseAddress) else { return 0 }
      let end = start + bytes.count
      var number = 0
      while let found = memchr(start, Int32(text.utf8Start[0]), end - start) {
        let isWhole =
          end - UnsafeRawPointer(found) >= size && memcmp(found, text.utf8Start, size) == 0
        number += isWhole ? 1 : 0
        start = UnsafeRawPointer(found) + (isWhole ? size : 1)
      }
      return number
    }
    // A string that is not stored as UTF-8.
    return number ?? ranges(of: "\(text)").count
  }
}
