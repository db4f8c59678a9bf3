import Foundation
import Support

/// One model's accuracy on the validation split at each learning rate of its grid.
public struct LearningRateCurve: Hashable, Sendable {
  public var name: String
  /// Lowest first.
  public var rates: [Rate]

  public struct Rate: Hashable, Sendable {
    public var learningRate: Double
    /// At the end of training, 0…1: one for each seed that finished.
    public var accuracies: [Double]
    /// Seeds that diverged or failed.
    public var failures: Int
    /// Whether the table shows the score of this rate.
    public var isChosen: Bool

    public init(learningRate: Double, accuracies: [Double], failures: Int, isChosen: Bool) {
      (self.learningRate, self.accuracies) = (learningRate, accuracies)
      (self.failures, self.isChosen) = (failures, isChosen)
    }
  }

  /// The mixer's colour and mark; nil for the next in order. Curves of one mixer are shades of its colour.
  public var style: SeriesStyle?

  public init(name: String, style: SeriesStyle? = nil, rates: [Rate]) {
    (self.name, self.style, self.rates) = (name, style, rates)
  }

  /// The most curves that can be distinguished in one chart.
  public static let mostOfAChart = 6
}

extension Chart {
  /// Validation accuracy against learning rate. Nil if there is no run to show.
  ///
  /// A line joins the means over seeds. Each seed is a dot, the chosen rate has a ring, and seeds that diverged or
  /// failed are crosses below the axis.
  public static func learningRates(
    _ curves: [LearningRateCurve], baselines: Baselines = [], title: String, subtitle: String,
    width: PictureWidth = .screen
  ) -> Chart? {
    let shown = curves.flatMap(\.rates).filter { !$0.accuracies.isEmpty || $0.failures > 0 }
    let grid = Set(shown.map(\.learningRate)).filter { $0 > 0 }.sorted()
    guard let low = grid.first, let high = grid.last else { return nil }
    let styles = SeriesStyle.shaded(
      curves.enumerated().map { $1.style ?? SeriesStyle(mixer: $0) })
    var legend = zip(curves, styles).map {
      LegendEntry(text: $0.name, swatch: .mark($1, isHollow: false))
    }
    legend += [
      LegendEntry(text: "mean over seeds", swatch: .line(.solid, .quiet, width: 2)),
      LegendEntry(text: "seed", swatch: .dot(mark: 7, size: 0.7, .quiet, width: 1)),
    ]
    if shown.contains(where: \.isChosen) {
      legend.append(
        LegendEntry(text: "chosen rate", swatch: .dot(mark: 6, size: 3, .quiet, width: 2.5)))
    }
    if shown.contains(where: { $0.failures > 0 }) {
      legend.append(
        LegendEntry(
          text: "seeds that diverged or failed, and how many",
          swatch: .dot(mark: 2, size: 1.5, .quiet, width: 2.5)))
    }
    var figure = Figure(
      .init(
        title: title, subtitle: subtitle, x: "learning rate (peak, log scale)",
        y: "validation accuracy (0 to 1)", legend: legend + baselines.legend),
      width: width)
    let frame = figure.frames[0]
    var x = PanelAxes.Axis(range: low / 1.5...high * 1.5, isLogarithmic: true, tics: "")
    x.tics = AxisTics.thinned(
      grid, on: x, span: frame.right - frame.left, size: width.sizes.tics)
    let bottom = min(-0.05, failureHeight(of: curves.count - 1, in: curves)) - 0.05
    let axes = PanelAxes(
      frame: frame, x: x, y: .init(range: bottom...1.06, tics: AxisTics.shares))
    figure.setAxes(axes, ofPanel: 0)
    baselines.draw(into: &figure.overlay, on: axes)
    let tips = curves.flatMap { curve in
      curve.rates.filter { !$0.accuracies.isEmpty }.map { rate in
        "\(curve.name), lr \(significant(rate.learningRate, 6))\(rate.isChosen ? " (chosen)" : "")\n"
          + "validation accuracy \(rate.accuracies.map { fixed($0, 3) }.joined(separator: ", "))"
      }
    }
    return Chart(
      .learningRates, width: width, height: figure.height, title: title,
      summary: ChartKind.learningRates.summary, variables: figure.variables,
      blocks: blocks(curves, styles, grid), tips: ["marks": tips])
  }

  /// Each series with failures has its own row below the axis, so that their numbers do not overlap.
  private static func failureHeight(of index: Int, in curves: [LearningRateCurve]) -> Double {
    let above = curves[...index].count { $0.rates.contains { $0.failures > 0 } }
    return -0.05 * Double(above)
  }

  private static func blocks(
    _ curves: [LearningRateCurve], _ styles: [SeriesStyle], _ grid: [Double]
  ) -> [DataBlock] {
    // Series stand side by side, within a small share of the grid's narrowest step and of the margins.
    let steps = zip(grid, grid.dropFirst()).map { log($1 / $0) }
    let shift = 0.25 * min(steps.min() ?? 0.4, 1) / Double(max(1, curves.count))
    var (lines, marks, rings, edges): ([[String]], [[String]], [[String]], [[String]]) =
      ([], [], [], [])
    var (seeds, failures): ([[String]], [[String]]) = ([], [])
    for (index, (curve, style)) in zip(curves, styles).enumerated() {
      let offset = exp(shift * (Double(index) - Double(curves.count - 1) / 2))
      let colour = "\(style.colour.rgb)"
      for rate in curve.rates {
        let start = ["1", "\(rate.learningRate * offset)"]
        seeds += rate.accuracies.map { start + ["\($0)", colour] }
        if rate.failures > 0 {
          failures.append(
            start + ["\(failureHeight(of: index, in: curves))", colour, "\(rate.failures)"])
        }
        guard !rate.accuracies.isEmpty else { continue }
        let mean = rate.accuracies.reduce(0, +) / Double(rate.accuracies.count)
        lines.append(start + ["\(mean)", colour])
        marks.append(start + ["\(mean)", "0", "0", "\(style.mark)", colour])
        if style.isHybrid {
          edges.append(start + ["\(mean)", "0", "0", "\(style.hollowMark)", "0"])
        }
        if rate.isChosen { rings.append(start + ["\(mean)", colour]) }
      }
      lines.append([])
    }
    return [
      DataBlock("lines", rows: filled(lines)), DataBlock("marks", rows: filled(marks)),
      DataBlock("edges", rows: filled(edges)), DataBlock("rings", rows: filled(rings)),
      DataBlock("seeds", rows: filled(seeds)),
      // Where no label has a place, gnuplot fails; this one is off the picture.
      DataBlock(
        "failures", rows: failures.isEmpty ? [["1", "1e-99", "-9", "0", "0"]] : failures),
    ]
  }
}
