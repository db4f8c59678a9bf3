/// gnuplot's drawing in SVG as a page shows it: without filters, empty groups, and what the page says once for all
/// pictures; with ids that begin with the picture's; with a variable for each colour.
///
/// One pass over its bytes, because a page can have tens of megabytes of it, and regular expressions take a second for two.
package struct DrawingForPage {
  private let bytes: [UInt8]
  private let id: String
  private var next = 0
  private var output: [UInt8] = []

  package init(_ drawing: Substring, id: String) {
    (bytes, self.id) = (Array(drawing.utf8), id)
    output.reserveCapacity(bytes.count)
  }

  package mutating func text() -> String {
    while next < bytes.count {
      if replaces() { continue }
      output.append(bytes[next])
      next += 1
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// Whether something else was written for what stands here.
  private mutating func replaces() -> Bool {
    switch bytes[next] {
    case UInt8(ascii: "\n"): return breaksLine()
    case UInt8(ascii: "<"): return replacesTag()
    case UInt8(ascii: ">"):
      if output.suffix(7).elementsEqual("<tspan ".utf8) { output.removeLast() }
      return false
    case UInt8(ascii: " "):
      if takes(" id=\"gnuplot_") { return skips(past: "\"") }
      return takes(" font-family=\"sans-serif\"") || takes(" class=\"gridline\"")
        || takes(" stroke-linecap=\"butt\" stroke-linejoin=\"miter\"")
    case UInt8(ascii: "x"): return replaces("xlink:href='#gp", "href='#\(id)-gp")
    case UInt8(ascii: "i"): return replaces("id='gp", "id='\(id)-gp")
    case UInt8(ascii: "r"): return replacesColour()
    case UInt8(ascii: "c"): return replacesName(in: "color=")
    case UInt8(ascii: "f"): return replacesName(in: "fill=")
    case UInt8(ascii: "s"): return replacesName(in: "stroke=")
    default: return false
    }
  }

  private func stands(_ text: StaticString, at start: Int) -> Bool {
    text.withUTF8Buffer { text in
      start + text.count <= bytes.count && text.indices.allSatisfy { bytes[start + $0] == text[$0] }
    }
  }

  /// Goes past the text, if it stands here.
  private mutating func takes(_ text: StaticString) -> Bool {
    guard stands(text, at: next) else { return false }
    next += text.utf8CodeUnitCount
    return true
  }

  private mutating func replaces(_ text: StaticString, _ replacement: String) -> Bool {
    guard takes(text) else { return false }
    output += replacement.utf8
    return true
  }

  private mutating func skips(past text: StaticString) -> Bool {
    while next < bytes.count, !stands(text, at: next) { next += 1 }
    next = min(bytes.count, next + text.utf8CodeUnitCount)
    return true
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  /// A line break, without the white space around it.
  private mutating func breaksLine() -> Bool {
    while let last = output.last, Self.isSpace(last) { output.removeLast() }
    output.append(UInt8(ascii: "\n"))
    while next < bytes.count, Self.isSpace(bytes[next]) { next += 1 }
    return true
  }

  private mutating func replacesTag() -> Bool {
    if takes("<filter ") { return skips(past: "</filter>") }
    if takes("</g>") { return closesGroup() }
    if stands("<rect x=\"0\" y=\"0\" ", at: next),
      let end = bytes[next...].firstIndex(of: UInt8(ascii: ">")),
      bytes[next...end].reversed().starts(with: "fill=\"#ffffff\"/>".utf8.reversed())
    {
      next = end + 1
      return true
    }
    return false
  }

  /// An empty group is taken back, and so is one of nothing but empty groups.
  private mutating func closesGroup() -> Bool {
    let closed = output.lastIndex { !Self.isSpace($0) }
    if let closed, output[closed] == UInt8(ascii: ">"),
      let open = output[..<closed].lastIndex(of: UInt8(ascii: "<")),
      output[open...].firstIndex(of: UInt8(ascii: ">")) == closed,
      output[open...].starts(with: "<g>".utf8) || output[open...].starts(with: "<g ".utf8)
    {
      output.removeSubrange(open...)
    } else {
      output += "</g>".utf8
    }
    return true
  }

  /// `rgb(r, g, b)`.
  private mutating func replacesColour() -> Bool {
    let start = next
    guard takes("rgb("), let red = takesNumber(), takes(","), let green = takesNumber(),
      takes(","), let blue = takesNumber(), takes(")")
    else {
      next = start
      return false
    }
    output += Colour((red << 8 | green) << 8 | blue).variable.utf8
    return true
  }

  /// A number of at most 255, after spaces.
  private mutating func takesNumber() -> Int? {
    while next < bytes.count, bytes[next] == UInt8(ascii: " ") { next += 1 }
    var number: Int?
    while next < bytes.count, case let digit = Int(bytes[next]) - 48, (0...9).contains(digit) {
      number = (number ?? 0) * 10 + digit
      guard number! <= 255 else { return nil }
      next += 1
    }
    return number
  }

  /// Black or white as an attribute's value, in quotation marks of either kind.
  private mutating func replacesName(in attribute: StaticString) -> Bool {
    let value = next + attribute.utf8CodeUnitCount
    guard stands(attribute, at: next), value < bytes.count,
      [UInt8(ascii: "\""), UInt8(ascii: "'")].contains(bytes[value])
    else { return false }
    for (name, colour) in [("black" as StaticString, Colour.ink), ("white", Colour.paper)]
    where stands(name, at: value + 1) {
      let end = value + 1 + name.utf8CodeUnitCount
      guard end < bytes.count, bytes[end] == bytes[value] else { continue }
      output += bytes[next...value]
      output += colour.variable.utf8
      output.append(bytes[end])
      next = end + 1
      return true
    }
    return false
  }
}
