import Foundation

/// What a mark, a line or a colour of a chart means. Legends stand above the panels, never in them.
struct LegendEntry {
  enum Swatch {
    /// A filled mark, or a hollow one of the same shape.
    case mark(SeriesStyle, isHollow: Bool)
    case dot(mark: Int, size: Double, Colour, width: Double)
    case line(Stroke, Colour, width: Double)
    case patch(Colour)
    /// A band of an interval with the line in its middle.
    case band(Colour)
    /// The bar of an interval with a mark in its middle.
    case interval(Colour)
  }

  var text: String
  var swatch: Swatch

  /// The width of the mark or line before the text, in units.
  private static let swatchWidth = 34.0

  /// Draws entries in rows from `top` downwards; returns the lower edge.
  static func draw(
    _ entries: [LegendEntry], into overlay: inout Overlay, left: Double, right: Double, top: Double,
    size: Double
  ) -> Double {
    guard !entries.isEmpty else { return top }
    let row = em(size) * 1.6
    var (x, y) = (left, top - row / 2)
    for entry in entries {
      let text = shortened(entry.text, to: right - left - swatchWidth - 8, size: size)
      let width = swatchWidth + textWidth(text, em: em(size)) + 26
      if x > left, x + width - 26 > right { (x, y) = (left, y - row) }
      entry.draw(into: &overlay, at: Pixel(x, y))
      overlay.texts.append(.init(text: text, at: Pixel(x + swatchWidth, y), size: size))
      x += width
    }
    return y - row / 2
  }

  private func draw(into overlay: inout Overlay, at place: Pixel) {
    let middle = Pixel(place.x + 14, place.y)
    func line(_ stroke: Stroke, _ colour: Colour, _ width: Double) {
      overlay.lines.append(
        .init(
          from: Pixel(place.x, place.y), to: Pixel(place.x + 28, place.y), colour: colour,
          width: width, stroke: stroke))
    }
    switch swatch {
    case .mark(let style, let isHollow):
      overlay.dots.append(
        .init(
          at: middle, mark: isHollow ? style.hollowMark : style.mark, size: 1.8,
          colour: style.colour, width: 2))
      if style.isHybrid {
        overlay.dots.append(
          .init(at: middle, mark: style.hollowMark, size: 1.8, colour: .ink, width: 1.6))
      }
    case .dot(let mark, let size, let colour, let width):
      overlay.dots.append(.init(at: middle, mark: mark, size: size, colour: colour, width: width))
    case .line(let stroke, let colour, let width): line(stroke, colour, width)
    case .patch(let colour):
      overlay.patches.append(.init(box: Box(center: middle, width: 22, height: 18), colour: colour))
    case .band(let colour):
      let pale = colour.withLuminance(1 - 0.22 * (1 - colour.luminance))
      overlay.patches.append(.init(box: Box(center: middle, width: 28, height: 16), colour: pale))
      line(.solid, colour, 2)
    case .interval(let colour):
      overlay.lines.append(
        .init(
          from: Pixel(middle.x, place.y - 11), to: Pixel(middle.x, place.y + 11), colour: colour,
          width: 2))
      overlay.dots.append(.init(at: middle, mark: 7, size: 1.4, colour: colour))
    }
  }
}

/// The text, cut where it would be wider than `width` units.
func shortened(_ text: String, to width: Double, size: Double) -> String {
  if textWidth(text, em: em(size)) <= width { return text }
  var text = text
  while !text.isEmpty, textWidth(text + "…", em: em(size)) > width { text.removeLast() }
  return text + "…"
}

/// The text in lines of at most `width` units, at most `most` of them; breaks between words and beside wide letters.
package func wrapped(_ text: String, to width: Double, size: Double, most: Int) -> [String] {
  var lines: [String] = []
  var line = ""
  for part in parts(of: text) {
    let longer = line + part
    if line.isEmpty || textWidth(longer.trimmed, em: em(size)) <= width {
      line = longer
    } else {
      lines.append(line.trimmed)
      line = part
    }
  }
  if !line.trimmed.isEmpty { lines.append(line.trimmed) }
  if lines.count > most {
    lines = lines.prefix(most - 1) + [lines[(most - 1)...].joined(separator: " ")]
  }
  return lines.map { shortened($0, to: width, size: size) }
}

/// Parts between which a line can break: words with the space after them, and single wide letters.
private func parts(of text: String) -> [String] {
  var parts: [String] = []
  var isOpen = false
  for letter in text {
    if isOpen, !letter.isWide {
      parts[parts.count - 1].append(letter)
    } else {
      parts.append("\(letter)")
    }
    isOpen = !letter.isWide && letter != " "
  }
  return parts
}

extension String {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespaces) }
}
