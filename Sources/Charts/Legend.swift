import Foundation

/// The names of a chart's series, in rows above the plot.
///
/// The scripts read `legend_count` and, counted from 1, `legend_text_1`, `legend_colour_1` (the number in the palette,
/// from 1), `legend_x_1` and `legend_y_1` (shares of the canvas).
struct Legend {
  private(set) var variables: [String: GnuplotValue]
  /// The lower edge of the last row, in pixels.
  let bottom: Double

  private static let em = 18.7  // 14 points
  private static let rowHeight = 30.0
  private static let longest = 70

  /// - Parameter top: the middle of the first row, in pixels.
  init(_ names: [(text: String, colour: Int)], left: Double, right: Double, top: Double) {
    variables = ["legend_count": .number(Double(names.count))]
    var (x, y) = (left, top)
    for (index, name) in names.enumerated() {
      let text =
        name.text.count > Self.longest ? name.text.prefix(Self.longest - 1) + "…" : name.text
      let width = 30 + textWidth(text, em: Self.em) + 26
      if x > left, x + width > right { (x, y) = (left, y - Self.rowHeight) }
      variables["legend_text_\(index + 1)"] = .text(text)
      variables["legend_colour_\(index + 1)"] = .number(Double(name.colour))
      variables["legend_x_\(index + 1)"] = .number(x / Double(Canvas.width))
      variables["legend_y_\(index + 1)"] = .number(y / Double(Canvas.height))
      x += width
    }
    bottom = y - Self.rowHeight / 2
  }
}

extension [String] {
  /// Each string once, in the order in which they first appear.
  var distinct: [String] { reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }
}

/// Marks of a logarithmic axis, in the form of gnuplot's `set xtics`: `("0.1" 0.1, "0.2" 0.2)`.
enum LogarithmicTics {
  /// 1, 2 and 5 times the powers of ten within the range; only the powers if there are many.
  static func expression(_ range: ClosedRange<Double>) -> String {
    let powers = Int(log10(range.lowerBound).rounded(.down))...Int(log10(range.upperBound))
    let factors = powers.count > 3 ? [1.0] : [1.0, 2, 5]
    return expression(powers.flatMap { power in factors.map { $0 * pow(10, Double(power)) } })
  }

  static func expression(_ values: [Double]) -> String {
    let tics = values.map { value in
      let text = String(format: "%.6g", value)
      return "\"\(text)\" \(text)"
    }
    return "(\(tics.joined(separator: ", ")))"
  }
}
