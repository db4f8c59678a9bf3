import Foundation

extension Chart {
  /// The picture as an `svg` element for a page of HTML; it is well-formed XML.
  ///
  /// It has no background, and its colours are the page's variables `--chart-…` (`ChartColour.allCases`), so that
  /// it can follow a dark theme. Its ids begin with `id`, so that a page can hold many.
  public func inlineSVG(
    id: String, scripts: URL? = nil, gnuplot: Gnuplot = Gnuplot()
  ) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appending(path: "recall-chart-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    let picture = try draw(
      to: folder.appending(path: "chart"), formats: [.svg], scripts: scripts, gnuplot: gnuplot)[0]
    let svg = try String(contentsOf: picture, encoding: .utf8)
    guard let start = svg.range(of: "<g id=\"gnuplot_canvas\">"),
      let end = svg.range(of: "</svg>", options: .backwards)
    else { throw ChartError(picture: picture, reason: "gnuplot's SVG has an unknown form") }
    let drawing = Self.themed(String(svg[start.lowerBound..<end.lowerBound]), id: id)
    return "<svg viewBox=\"0 0 \(Canvas.width) \(Canvas.height)\">\(drawing)</svg>"
  }

  /// gnuplot's drawing without what a page does not need: tooltips that quote the script, filters, empty
  /// groups.
  private static func themed(_ drawing: String, id: String) -> String {
    var text = drawing.replacing(#/<title>[^<]*</title>/#, with: "")
      .replacing(#/<filter .*?</filter>/#.dotMatchesNewlines(), with: "")
      .replacing(#/<rect x="0" y="0" [^>]*fill="#ffffff"\/>/#, with: "")
      .replacing(#/ id="gnuplot_[^"]*"/#, with: "")
      .replacing("xlink:href='#gp", with: "href='#\(id)-gp").replacing(
        "id='gp", with: "id='\(id)-gp")
    // gnuplot draws crosses as hairlines, whatever the line width.
    text.replace("gpPt1' stroke-width='0.133'", with: "gpPt1' stroke-width='0.35'")
    // gnuplot does not escape ">"; XML needs that here and nowhere else.
    text.replace("]]>", with: "]]&gt;")
    let empty = #/<g[^>]*>\s*</g>/#
    while text.firstMatch(of: empty) != nil { text.replace(empty, with: "") }
    text.replace(#/rgb\(\s*(\d+),\s*(\d+),\s*(\d+)\)/#) { match in
      let parts = [match.1, match.2, match.3].compactMap { Int($0) }
      return ChartColour(rawValue: parts.reduce(0) { $0 << 8 | $1 })?.variable ?? String(match.0)
    }
    text.replace(#/(color|fill|stroke)=(["'])black["']/#) { match in
      "\(match.1)=\(match.2)\(ChartColour.ink.variable)\(match.2)"
    }
    return text
  }
}

/// The colours that the scripts use; the raw value is red, green and blue.
public enum ChartColour: Int, CaseIterable, Sendable {
  case blue = 0x0072B2
  case vermilion = 0xD55E00
  case green = 0x009E73
  case purple = 0xAA4499
  case sky = 0x56B4E9
  case orange = 0xE69F00
  case ink = 0x000000
  case quiet = 0x505050
  case frame = 0x707070
  case rule = 0x909090
  case grid = 0xE2E2E2
  case paper = 0xFFFFFF

  /// The CSS expression: the page's value, or this colour where the page defines none.
  public var variable: String { "var(--chart-\(self), \(hexadecimal))" }

  public var hexadecimal: String {
    let digits = String(rawValue, radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }
}
