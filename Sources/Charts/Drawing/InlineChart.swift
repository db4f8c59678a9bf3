import Foundation

extension Chart {
  /// The picture as an `svg` element for a page of HTML; it is well-formed XML.
  ///
  /// It has no background, and each colour is a variable of the page with the colour itself for pages that do not define
  /// it (`Colour.variable`), so that it can follow a dark theme. Its ids begin with `id`, so that a page can hold many.
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
    return "<svg viewBox=\"0 0 \(Int(width.units)) \(Int(height))\">\(drawing)</svg>"
  }

  /// gnuplot's drawing without what a page does not need: filters and empty groups.
  private static func themed(_ drawing: String, id: String) -> String {
    var text =
      drawing
      .replacing(#/<filter .*?</filter>/#.dotMatchesNewlines(), with: "")
      .replacing(#/<rect x="0" y="0" [^>]*fill="#ffffff"\/>/#, with: "")
      .replacing(#/ id="gnuplot_[^"]*"/#, with: "")
      .replacing("xlink:href='#gp", with: "href='#\(id)-gp").replacing(
        "id='gp", with: "id='\(id)-gp")
    // What the page says once for all pictures, and white space.
    for (verbose, short) in [
      (" font-family=\"sans-serif\"", ""), (" class=\"gridline\"", ""), ("<tspan >", "<tspan>"),
      (" stroke-linecap=\"butt\" stroke-linejoin=\"miter\"", ""),
    ] {
      text = text.replacing(verbose, with: short)
    }
    text.replace(#/\s*\n\s*/#, with: "\n")
    let empty = #/<g[^>]*>\s*</g>/#
    while text.contains(empty) { text.replace(empty, with: "") }
    text.replace(#/rgb\(\s*(\d+),\s*(\d+),\s*(\d+)\)/#) { match in
      let parts = [match.1, match.2, match.3].compactMap { Int($0) }
      return Colour(parts.reduce(0) { $0 << 8 | $1 }).variable
    }
    text.replace(#/(color|fill|stroke)=(["'])(black|white)["']/#) { match in
      let colour = match.3 == "black" ? Colour.ink : .paper
      return "\(match.1)=\(match.2)\(colour.variable)\(match.2)"
    }
    return text
  }
}

extension Colour {
  /// The CSS expression: the page's value, or this colour where the page defines none.
  public var variable: String { "var(--c\(hexadecimal), #\(hexadecimal))" }

  /// The definitions that draw the pictures of a page on a dark ground, of the colours that occur in its markup. White is
  /// the ground itself.
  public static func darkVariables(in markup: String) -> String {
    let colours = Set(
      markup.matches(of: #/var\(--c([0-9a-f]{6}),/#).compactMap { Int($0.1, radix: 16) })
    return colours.subtracting([paper.rgb]).sorted().map { rgb in
      let colour = Colour(rgb)
      return "--c\(colour.hexadecimal):#\(colour.onDarkPage.hexadecimal);"
    }.joined(separator: " ")
  }
}
