/// Texts, lines and marks at places of the picture, in units; `plots/parts/figure.gp` draws them.
///
/// The scripts read `text_count` and `text_1`, `text_x_1` …, likewise `stroke_…`, `dot_…` and `patch_…`.
struct Overlay {
  enum Anchor: String { case left, center, right, up }

  struct Text {
    var text: String
    var at: Pixel
    /// In points.
    var size: Double
    var colour = Colour.ink
    var anchor = Anchor.left
    var isBold = false
  }

  struct Line {
    var from, to: Pixel
    var colour: Colour
    var width = 1.0
    var stroke = Stroke.solid
    var isInFront = false
    /// The panel that it belongs to, from 0.
    var panel = 0
  }

  struct Dot {
    var at: Pixel
    var mark: Int
    var size: Double
    var colour: Colour
    var width = 1.0
  }

  struct Patch {
    var box: Box
    var colour: Colour
  }

  var texts: [Text] = []
  var lines: [Line] = []
  var dots: [Dot] = []
  var patches: [Patch] = []

  /// - Parameter scale: from units to shares of the picture.
  func variables(width: Double, height: Double) -> [String: GnuplotValue] {
    var variables: [String: GnuplotValue] = [
      "text_count": .number(Double(texts.count)), "stroke_count": .number(Double(lines.count)),
      "dot_count": .number(Double(dots.count)), "patch_count": .number(Double(patches.count)),
    ]
    func set(_ name: String, _ index: Int, _ values: [String: GnuplotValue]) {
      for (key, value) in values { variables["\(name)\(key)_\(index + 1)"] = value }
    }
    func at(_ pixel: Pixel, _ suffix: String = "") -> [String: GnuplotValue] {
      ["_x\(suffix)": .number(pixel.x / width), "_y\(suffix)": .number(pixel.y / height)]
    }
    func number(_ colour: Colour) -> GnuplotValue { .number(Double(colour.rgb)) }
    for (index, text) in texts.enumerated() {
      set(
        "text", index,
        [
          "": .text(text.isBold ? bold(text.text) : text.text),
          "_bold": .number(text.isBold ? 1 : 0), "_size": .number(text.size),
          "_colour": number(text.colour), "_anchor": .text(text.anchor.rawValue),
        ].merging(at(text.at)) { $1 })
    }
    for (index, line) in lines.enumerated() {
      set(
        "stroke", index,
        [
          "_colour": number(line.colour), "_width": .number(line.width),
          "_dash": .number(Double(line.stroke.rawValue)),
          "_front": .number(line.isInFront ? 1 : 0), "_panel": .number(Double(line.panel + 1)),
        ].merging(at(line.from)) { $1 }.merging(at(line.to, "_to")) { $1 })
    }
    for (index, dot) in dots.enumerated() {
      set(
        "dot", index,
        [
          "_mark": .number(Double(dot.mark)), "_size": .number(dot.size),
          "_colour": number(dot.colour), "_width": .number(dot.width),
        ].merging(at(dot.at)) { $1 })
    }
    for (index, patch) in patches.enumerated() {
      let box = patch.box
      set(
        "patch", index,
        ["_colour": number(patch.colour)].merging(at(Pixel(box.left, box.bottom))) { $1 }
          .merging(at(Pixel(box.right, box.top), "_to")) { $1 })
    }
    return variables
  }
}

/// gnuplot's markup for bold; every other markup character of the text is escaped.
func bold(_ text: String) -> String {
  let escaped = text.map { "{}^_@&~\\".contains($0) ? "\\\($0)" : String($0) }.joined()
  return "{/:Bold \(escaped)}"
}
