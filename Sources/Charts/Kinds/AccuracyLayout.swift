import Foundation
import Support

/// Where each mark, line and text of an accuracy chart goes.
struct AccuracyLayout {
  /// The series' names, in the order in which they first appear.
  let series: [String]
  let styles: [SeriesStyle]
  /// Whether the legend names the series; else their names stand beside their marks.
  let hasNamedLegend: Bool
  var figure: Figure
  let axes: [PanelAxes]
  /// Sorted by panel, series, published or not, and line: the order of the lines.
  var marks: [Mark]
  /// Those of each panel.
  let baselines: [Baselines]
  let plane: AccuracyPlane

  struct Mark {
    let point: AccuracyPoint
    let panel: Int
    /// The index of its series, and of its line among those of all series.
    let series, line: Int
    let style: SeriesStyle
    /// The middle of the mark; moved sideways where marks coincide.
    var pixel: Pixel
    /// The ends of its bar and of its seeds, in units.
    let low: Double
    let high: Double

    var lineKey: [Int] { [panel, series, point.isPublished ? 1 : 0, line] }
  }

  /// More series than this are named in the legend.
  private static let mostNames = 7
  /// Wider than 0…1: there is room for a mark below and a text above.
  private static let accuracies = -0.07...1.12

  /// Whether a series' name beside its marks covers something, or is far from them.
  var hasUnreadableName = false

  /// Names stand beside their marks where all of them can be read there, else in the legend.
  init(
    _ points: [AccuracyPoint], plane: AccuracyPlane, baselines: Baselines,
    panelBaselines: [String: Baselines] = [:], title: String, subtitle: String,
    note: String = "", width: PictureWidth
  ) throws(AccuracyChartError) {
    func layout(hasNamedLegend: Bool) throws(AccuracyChartError) -> Self {
      try Self(
        points, plane: plane, baselines: baselines, panelBaselines: panelBaselines, title: title,
        subtitle: subtitle, note: note, width: width, hasNamedLegend: hasNamedLegend)
    }
    let count = Set(points.map(\.series)).count
    let usual = try layout(
      hasNamedLegend: Set(points.map(\.panel)).count > 1 || count > Self.mostNames)
    // A legend of one name says no more than the title.
    self = usual.hasUnreadableName && count > 1 ? try layout(hasNamedLegend: true) : usual
  }

  private init(
    _ points: [AccuracyPoint], plane: AccuracyPlane, baselines: Baselines,
    panelBaselines: [String: Baselines], title: String, subtitle: String, note: String,
    width: PictureWidth, hasNamedLegend: Bool
  ) throws(AccuracyChartError) {
    if points.isEmpty { throw .noPoints }
    for point in points {
      let isDrawable =
        point.capacity > 0 && point.capacity.isFinite
        && ([point.accuracy, point.low, point.high] + point.seeds).allSatisfy((0...1).contains)
      if !isDrawable { throw .notDrawable(point) }
    }
    let series = points.map(\.series).distinct
    let lines = points.map(\.line).distinct
    let panels = points.map(\.panel).distinct
    let styles = SeriesStyle.shaded(
      series.enumerated().map { index, name in
        points.first { $0.series == name }?.style ?? SeriesStyle(mixer: index)
      })
    self.plane = plane
    self.series = series
    self.styles = styles
    self.hasNamedLegend = hasNamedLegend
    self.baselines = panels.map { panelBaselines[$0] ?? baselines }

    let isColumn = width == .column
    let common = hasNamedLegend ? Self.commonMixer(of: series) : ""
    let texts = Figure.Texts(
      title: title, subtitle: subtitle, x: isColumn ? plane.shortTitle : plane.title,
      y: isColumn ? Chart.shortAccuracyTitle : Chart.accuracyTitle,
      notes: [
        note, common.isEmpty ? "" : "Models measured here have layers of \(common), too.",
        Self.coincide(points) ? "Marks that would coincide are drawn a few pixels apart." : "",
      ],
      legend: (hasNamedLegend
        ? zip(series, styles).map {
          LegendEntry(
            text: common.isEmpty ? $0 : String($0.dropFirst(common.count + 3)),
            swatch: .mark($1, isHollow: false))
        } : []) + Self.legend(points, baselines, plane))
    figure = Figure(texts, width: width, panels: panels, leastWidth: isColumn ? 300 : 330)
    axes = figure.frames.map { Self.axes($0, points, plane, width) }
    for (index, axes) in axes.enumerated() { figure.setAxes(axes, ofPanel: index) }
    marks = []
    marks = points.map { point in
      let panel = panels.firstIndex(of: point.panel)!
      let index = series.firstIndex(of: point.series)!
      func height(_ accuracy: Double) -> Double { axes[panel].pixel(1, accuracy).y }
      return Mark(
        point: point, panel: panel, series: index, line: lines.firstIndex(of: point.line)!,
        style: styles[index], pixel: axes[panel].pixel(point.capacity, point.accuracy),
        low: height(([point.low] + point.seeds).min()!),
        high: height(([point.high] + point.seeds).max()!))
    }
    moveCoincidingMarks()
    marks.sort { before, after in
      before.lineKey != after.lineKey
        ? before.lineKey.lexicographicallyPrecedes(after.lineKey)
        : (before.pixel.x, before.point.accuracy) < (after.pixel.x, after.point.accuracy)
    }
    for panel in panels.indices { drawReferences(ofPanel: panel) }
    for panel in panels.indices { layOutTexts(ofPanel: panel) }
  }

  /// The mixer before the plus that all series of hybrids have, such as BaseConv of "BaseConv + SSD"; empty if they differ.
  private static func commonMixer(of series: [String]) -> String {
    let parts = series.map { $0.components(separatedBy: " + ") }
    let first = parts[0][0]
    return parts.count > 1 && parts.allSatisfy { $0.count > 1 && $0[0] == first } ? first : ""
  }

  private static func legend(
    _ points: [AccuracyPoint], _ baselines: Baselines, _ plane: AccuracyPlane
  ) -> [LegendEntry] {
    let measured = points.filter { !$0.isPublished }
    var entries: [LegendEntry] = []
    if measured.contains(where: { $0.seeds.count > 1 }) {
      let hasBars = measured.contains { $0.low < $0.high }
      entries = [
        LegendEntry(
          text: hasBars ? "mean over seeds, 95 % interval" : "mean over seeds",
          swatch: hasBars ? .interval(.quiet) : .dot(mark: 7, size: 1.8, .quiet, width: 1)),
        LegendEntry(text: "seed", swatch: .dot(mark: 6, size: 0.9, .quiet, width: 1.5)),
      ]
    } else if !measured.isEmpty {
      entries = [
        LegendEntry(text: "measured, one seed", swatch: .dot(mark: 7, size: 1.8, .quiet, width: 1))
      ]
    }
    if points.contains(where: \.isPublished) {
      entries.append(
        LegendEntry(text: "published", swatch: .dot(mark: 6, size: 1.8, .quiet, width: 2)))
    }
    if plane == .cost {
      entries.append(
        LegendEntry(
          text: "best at this cost or less", swatch: .line(.solid, frontierColour, width: 7)))
    }
    return entries + baselines.legend
  }

  /// Whether marks may stand at one place.
  private static func coincide(_ points: [AccuracyPoint]) -> Bool {
    let places = points.map { [$0.panel, "\($0.capacity)"] }
    return Set(places).count < places.count
  }

  private static let frontierColour = Colour.grid

  /// The x axis shows half an octave beyond every point; of states, attention's too.
  private static func axes(
    _ frame: Box, _ points: [AccuracyPoint], _ plane: AccuracyPlane, _ width: PictureWidth
  ) -> PanelAxes {
    let sizes = points.map { log2($0.capacity) } + (plane == .state ? [-2, 0] : [])
    let range = exp2(sizes.min()! - 0.5)...exp2(sizes.max()! + 0.5)
    var x = PanelAxes.Axis(range: range, isLogarithmic: true, tics: "")
    let (span, size) = (frame.right - frame.left, width.sizes.tics)
    switch plane {
    case .state:
      let octave = span / log2(range.upperBound / range.lowerBound)
      let isNamed = octave > 1.1 * textWidth("1 = attention", em: em(size))
      x.tics = AxisTics.powersOfTwo(on: x, span: span, size: size) {
        $0 == 1 && isNamed ? "1 = attention" : AxisTics.relative($0)
      }
    case .bits, .rank: x.tics = AxisTics.powersOfTwo(on: x, span: span, size: size)
    case .cost: x.tics = AxisTics.round(on: x, span: span, size: size)
    }
    return PanelAxes(
      frame: frame, x: x, y: .init(range: accuracies, tics: AxisTics.shares))
  }

  private mutating func drawReferences(ofPanel panel: Int) {
    let axes = axes[panel]
    baselines[panel].draw(into: &figure.overlay, on: axes, ofPanel: panel)
    guard plane == .state else { return }
    figure.overlay.lines.append(
      .init(
        from: axes.pixel(1, Self.accuracies.lowerBound), to: axes.pixel(1, 1), colour: .rule,
        width: 1.2, panel: panel))
  }
}
