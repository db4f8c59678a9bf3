import Foundation
import Support

/// Where the panels, curves and labels of a chart of curves go.
struct CurveLayout {
  let panels: [CurvePanel]
  let size: AccuracyCurve.Size
  let baselines: [AccuracyCurve.Sample]
  var figure: Figure
  private(set) var axes: [PanelAxes] = []

  init(
    _ panels: [CurvePanel], size: AccuracyCurve.Size, baselines: [AccuracyCurve.Sample],
    title: String, subtitle: String, width: PictureWidth
  ) {
    self.panels = panels
    self.size = size
    self.baselines = baselines
    let curves = panels.flatMap(\.curves)
    let sizes = width.sizes
    // Names stand at the right of their curves, in at most three lines. A curve alone needs none.
    let isNamed = panels.contains { $0.curves.count > 1 || $0.curves[0].name != $0.name }
    let most = width == .column ? 130.0 : 190
    let widest =
      panels.flatMap { panel in panel.curves.map(\.name).filter { $0 != panel.name } }
      .flatMap { Self.lines(of: $0, most, sizes.label) }
      .map { textWidth($0, em: em(sizes.label)) }.max() ?? 0
    let beside = isNamed ? widest + 22 : 10
    figure = Figure(
      .init(
        title: title, subtitle: subtitle, x: size.title(width),
        y: width == .column ? Chart.shortAccuracyTitle : Chart.accuracyTitle,
        notes: [
          size.trainedTo.map {
            "Vertical line: strings in training have at most \($0) symbols."
          } ?? ""
        ], legend: Self.legend(curves, baselines)),
      width: width, panels: panels.map(\.name), leastWidth: 200,
      beside: beside)
    let tested = curves.flatMap { $0.points.map { Double($0.size) } }
    let range = tested.min()! / 1.25...tested.max()! * 1.18
    let halves = zip(panels, figure.frames).map { Self.halves($0, in: range, $1, sizes.label) }
    // Room under 0 for the numbers K₅₀.
    let rows = halves.joined().map(\.row).max().map { $0 + 1 } ?? 0
    let strip = 8 + (rows > 0 ? 6 + em(sizes.label) * 1.15 * rows : 0)
    for (index, frame) in figure.frames.enumerated() {
      let height = frame.top - frame.bottom
      let high = 1.04
      let low = -high * strip / (height - strip)
      var x = PanelAxes.Axis(range: range, isLogarithmic: true, tics: "")
      x.tics = AxisTics.thinned(tested, on: x, span: frame.right - frame.left, size: sizes.tics)
      let axes = PanelAxes(frame: frame, x: x, y: .init(range: low...high, tics: AxisTics.shares))
      self.axes.append(axes)
      figure.setAxes(axes, ofPanel: index)
      for half in halves[index] { draw(half, on: axes, ofPanel: index, size: sizes.label) }
      if isNamed { nameCurves(ofPanel: index, on: axes, most: most, size: sizes.label) }
    }
  }

  private static func legend(
    _ curves: [AccuracyCurve], _ baselines: [AccuracyCurve.Sample]
  ) -> [LegendEntry] {
    let hasFit = curves.contains { !$0.fit.isEmpty }
    let hasBars = curves.contains { $0.fit.isEmpty && $0.points.contains { $0.low < $0.high } }
    let hasSeeds = curves.contains { $0.points.contains { $0.seeds.count > 1 } }
    let dot = LegendEntry.Swatch.dot(mark: 7, size: 1.5, .quiet, width: 1)
    var entries: [LegendEntry] = []
    if hasBars {
      entries.append(
        LegendEntry(text: "mean over seeds, 95 % interval", swatch: .interval(.quiet)))
    } else {
      entries.append(LegendEntry(text: hasSeeds ? "mean over seeds" : "one seed", swatch: dot))
    }
    if hasSeeds {
      entries.append(
        LegendEntry(text: "seed", swatch: .dot(mark: 6, size: 0.8, .quiet, width: 1.2)))
    }
    if hasFit {
      entries.append(
        LegendEntry(
          text:
            "logistic fit in log K, 95 % band (bootstrap over \(hasSeeds ? "seeds" : "examples"))",
          swatch: .band(.quiet)))
    }
    if curves.contains(where: { !$0.theory.isEmpty }) {
      entries.append(
        LegendEntry(
          text: "theory: random keys of dimension N", swatch: .line(.theory, .quiet, width: 2.2)))
    }
    if curves.contains(where: { !$0.published.isEmpty }) {
      entries.append(
        LegendEntry(text: "published", swatch: .dot(mark: 6, size: 2.1, .quiet, width: 2.2)))
    }
    return entries + (baselines.isEmpty ? [] : [Baselines.entry()])
  }
}

/// The number of pairs at which a curve's fit has accuracy 1/2: a tic of its own on the axis, with its number.
private struct Half {
  let pairs: Double
  let text: String
  /// The middle of the text, in units, and the row under the axis' zero.
  let x: Double
  let row: Double
  let colour: Colour
}

extension CurveLayout {
  private static func halves(
    _ panel: CurvePanel, in range: ClosedRange<Double>, _ frame: Box, _ size: Double
  ) -> [Half] {
    let axis = PanelAxes.Axis(range: range, isLogarithmic: true, tics: "")
    var taken: [(row: Double, ClosedRange<Double>)] = []
    return zip(panel.curves, panel.styles).compactMap { curve, style in
      guard let pairs = curve.halfway, range.contains(pairs) else { return nil }
      let text = "K₅₀ \(significant(pairs, 2))"
      let half = textWidth(text, em: em(size)) / 2 + 4
      let place = frame.left + axis.share(pairs) * (frame.right - frame.left)
      let x = min(max(place, frame.left + half), frame.right - half)
      let span = x - half...x + half
      let row = (0...).lazy.map(Double.init).first { row in
        !taken.contains { $0.row == row && $0.1.overlaps(span) }
      }!
      taken.append((row, span))
      return Half(pairs: pairs, text: text, x: x, row: row, colour: style.colour)
    }
  }

  private mutating func draw(_ half: Half, on axes: PanelAxes, ofPanel panel: Int, size: Double) {
    let zero = axes.pixel(half.pairs, 0)
    let row = em(size) * 1.15
    let middle = zero.y - 10 - row * (half.row + 0.5)
    figure.overlay.lines.append(
      .init(
        from: Pixel(zero.x, zero.y + 8), to: Pixel(zero.x, middle + row / 2), colour: half.colour,
        width: 2.5, panel: panel))
    figure.overlay.texts.append(
      .init(
        text: half.text, at: Pixel(half.x, middle), size: size, colour: half.colour.forText,
        anchor: .center))
  }

  private static func lines(of name: String, _ most: Double, _ size: Double) -> [String] {
    wrapped(name, to: most, size: size, most: 3)
  }

  /// Each curve's name beside its last point, in the order of the curves' ends and clear of the others.
  private mutating func nameCurves(
    ofPanel panel: Int, on axes: PanelAxes, most: Double, size: Double
  ) {
    struct Name {
      let lines: [String]
      let end: Pixel
      let colour: Colour
      var height: Double
    }
    let row = em(size) * 1.15
    let names = zip(panels[panel].curves, panels[panel].styles).filter { curve, _ in
      curve.name != panels[panel].name
    }.map { curve, style in
      let last = curve.points.max { $0.size < $1.size }!
      let lines = Self.lines(of: curve.name, most, size)
      return Name(
        lines: lines, end: axes.pixel(Double(last.size), last.accuracy), colour: style.colour,
        height: row * Double(lines.count) + 2)
    }.sorted { $0.end.y > $1.end.y }
    let places = spread(
      names.map { (middle: $0.end.y, height: $0.height) }, low: axes.frame.bottom,
      high: axes.frame.top)
    let left = axes.frame.right + 12
    for (name, middle) in zip(names, places) {
      let isFar = abs(middle - name.end.y) > 5 || axes.frame.right - name.end.x > 40
      if isFar {
        figure.overlay.lines.append(
          .init(
            from: Pixel(name.end.x + 9, name.end.y), to: Pixel(left - 3, middle), colour: .leader,
            panel: panel))
      }
      for (index, line) in name.lines.enumerated() {
        let y = middle + row * (Double(name.lines.count - 1) / 2 - Double(index))
        figure.overlay.texts.append(
          .init(text: line, at: Pixel(left, y), size: size, colour: name.colour.forText))
      }
    }
  }
}

/// Centres of intervals, highest first: as near as possible to the wanted ones without overlap and within limits.
package func spread(
  _ wanted: [(middle: Double, height: Double)], low: Double, high: Double
) -> [Double] {
  // Blocks of intervals that touch; each stands at the mean of what its members want.
  var blocks: [(members: [Int], top: Double, height: Double)] = []
  func top(_ members: [Int]) -> Double {
    var offset = 0.0
    var sum = 0.0
    for index in members {
      sum += wanted[index].middle + offset + wanted[index].height / 2
      offset += wanted[index].height
    }
    return min(max(sum / Double(members.count), low + offset), high)
  }
  for index in wanted.indices {
    blocks.append(([index], top([index]), wanted[index].height))
    while blocks.count > 1 {
      let (upper, lower) = (blocks[blocks.count - 2], blocks[blocks.count - 1])
      guard upper.top - upper.height < lower.top else { break }
      blocks.removeLast(2)
      let members = upper.members + lower.members
      blocks.append((members, top(members), upper.height + lower.height))
    }
  }
  var middles = Array(repeating: 0.0, count: wanted.count)
  for block in blocks {
    var edge = block.top
    for index in block.members {
      middles[index] = edge - wanted[index].height / 2
      edge -= wanted[index].height
    }
  }
  return middles
}
