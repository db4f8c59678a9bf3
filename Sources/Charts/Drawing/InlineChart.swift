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
    var drawing = DrawingForPage(svg[start.lowerBound..<end.lowerBound], id: id)
    return "<svg viewBox=\"0 0 \(Int(width.units)) \(Int(height))\">\(drawing.text())</svg>"
  }
}

extension Colour {
  /// The CSS expression: the page's value, or this colour where the page defines none.
  public var variable: String { "var(--c\(hexadecimal), #\(hexadecimal))" }

  /// The definitions that draw the pictures of a page on a dark ground, of the colours that occur in its markup. White is
  /// the ground itself.
  public static func darkVariables(in markup: String) -> String {
    let (bytes, start) = (Array(markup.utf8), Array("var(--c".utf8))
    let colours = Set(
      bytes.indices.compactMap { index -> Int? in
        guard bytes[index] == start[0], bytes[index...].starts(with: start) else { return nil }
        let rest = bytes[index...].dropFirst(start.count)
        let digits = String(
          decoding: rest.prefix { $0 != UInt8(ascii: ",") }.prefix(7), as: UTF8.self)
        guard digits.utf8.count == 6, digits.allSatisfy(\.isHexDigit) else { return nil }
        return Int(digits, radix: 16)
      })
    return colours.subtracting([paper.rgb]).sorted().map { rgb in
      let colour = Colour(rgb)
      return "--c\(colour.hexadecimal):#\(colour.onDarkPage.hexadecimal);"
    }.joined(separator: " ")
  }
}
