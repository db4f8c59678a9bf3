import Foundation

/// One configuration's accuracy, as measured here or as published.
public struct AccuracyPoint: Hashable, Sendable {
  /// The mixer. Points of one series share a colour.
  public var series: String
  /// Points of a series with the same value are joined by a line.
  public var line: String
  /// The text beside the mark, such as "N=16, 8 layers"; may be empty.
  public var label: String
  /// The value on the x axis, above 0: the state relative to attention's, or what the chart's axis says.
  public var capacity: Double
  /// Mean over the seeds, 0…1.
  public var accuracy: Double
  /// The interval of the mean. A bar is drawn where its ends differ.
  public var low: Double
  public var high: Double
  /// The accuracy of each seed. Several seeds are drawn as dots.
  public var seeds: [Double]
  public var isPublished: Bool

  /// Without `low` and `high` the point has no bar.
  public init(
    series: String, line: String = "", label: String = "", capacity: Double, accuracy: Double,
    low: Double? = nil, high: Double? = nil, seeds: [Double] = [], isPublished: Bool = false
  ) {
    self.series = series
    self.line = line
    self.label = label
    self.capacity = capacity
    self.accuracy = accuracy
    self.low = low ?? accuracy
    self.high = high ?? accuracy
    self.seeds = seeds
    self.isPublished = isPublished
  }
}

extension Chart {
  /// Accuracy against state size relative to attention.
  ///
  /// - Parameters:
  ///   - baselines: accuracies without recall; each gets a dashed line.
  ///   - isOverlay: whether every series is the same experiment, for example at several lengths. Then a legend
  ///     names the series, and marks with one label and size share one text.
  /// - Throws: `AccuracyChartError` if there are no points, or if a point cannot be drawn.
  public static func accuracyAgainstState(
    _ points: [AccuracyPoint], isOverlay: Bool = false, baselines: [Double] = [], title: String,
    subtitle: String
  ) throws(AccuracyChartError) -> Chart {
    let layout = try AccuracyLayout(
      points, baselines: baselines, atLeast: -6...1, isOverlay: isOverlay)
    return accuracyPlane(
      .accuracyAgainstState, layout, title: title, subtitle: subtitle,
      axis: "state size relative to attention (ratio, log₂ scale)", tics: AxisTics.relative,
      variables: ["reference_x": .number(1)])
  }

  /// Accuracy against the bits of state at float32. The points' capacities are in Kibit (1024 bits).
  public static func accuracyAgainstBits(
    _ points: [AccuracyPoint], baselines: [Double] = [], title: String, subtitle: String
  ) throws(AccuracyChartError) -> Chart {
    let layout = try AccuracyLayout(points, baselines: baselines, atLeast: nil)
    return accuracyPlane(
      .accuracyAgainstBits, layout, title: title, subtitle: subtitle,
      axis:
        "state carried from token to token (Kibit = 1024 bits, at 32 bits a scalar; log₂ scale)",
      tics: AxisTics.powersOfTwo(in: layout.area.sizes))
  }

  /// Accuracy against the cost of a decoding step, in thousands of multiply-adds, with the frontier: the best
  /// accuracy at this cost or less.
  public static func costFrontier(
    _ points: [AccuracyPoint], baselines: [Double] = [], title: String, subtitle: String
  ) throws(AccuracyChartError) -> Chart {
    let layout = try AccuracyLayout(points, baselines: baselines, atLeast: nil)
    return accuracyPlane(
      .costFrontier, layout, title: title, subtitle: subtitle,
      axis: "cost of decoding the last token (thousands of multiply-adds, log scale)",
      tics: AxisTics.round(in: layout.area.sizes), frontier: layout.frontier)
  }

  private static func accuracyPlane(
    _ kind: ChartKind, _ layout: AccuracyLayout, title: String, subtitle: String, axis: String,
    tics: String, variables own: [String: GnuplotValue] = [:], frontier: [[String]] = []
  ) -> Chart {
    let area = layout.area
    let points = layout.marks.map(\.point)
    let several = points.contains { $0.seeds.count > 1 }
    let notes = [
      layout.hasMovedMarks
        ? "Marks that would coincide are drawn a few pixels apart." : "",
      frontier.isEmpty ? "" : "Grey: the best mean accuracy at this cost or less.",
    ]
    let variables: [String: GnuplotValue] = [
      "x_text": .text(axis),
      "y_text": .text("test accuracy (share of answers that are right, 0 to 1)"),
      "note_text": .text(notes.filter { !$0.isEmpty }.joined(separator: " ") + " "),
      "key_text": .text(
        several ? "mean over seeds (dots), 95 % interval" : "measured (one seed)"),
      "series_count": .number(Double(layout.series.count)),
      "has_published": .number(points.contains(where: \.isPublished) ? 1 : 0),
      "reference_x": .number(0), "legend_count": .number(0), "x_tics": .text(tics),
      "x_low": .number(area.sizes.lowerBound), "x_high": .number(area.sizes.upperBound),
      "y_low": .number(area.accuracies.lowerBound),
      "y_high": .number(area.accuracies.upperBound),
    ]
    return Chart(
      kind,
      variables: variables.merging(area.frame.headings(title, subtitle)) { $1 }
        .merging(area.frame.variables) { $1 }.merging(own) { $1 }
        .merging(layout.baselines.variables) { $1 }.merging(layout.legend?.variables ?? [:]) { $1 },
      blocks: [
        layout.pointBlock, layout.seedBlock, layout.labelBlock, layout.nameBlock,
        layout.leaderBlock,
        DataBlock("frontier", rows: filled(frontier, ["1", "-9"])),
      ])
  }
}

public enum AccuracyChartError: Error, Hashable, Sendable, CustomStringConvertible {
  case noPoints
  case notDrawable(AccuracyPoint)

  public var description: String {
    switch self {
    case .noPoints: "there are no points to draw"
    case .notDrawable(let point):
      "\(point.series) \(point.label): capacity \(point.capacity), accuracy \(point.accuracy) "
        + "(\(point.low) to \(point.high), seeds \(point.seeds)) cannot be drawn; capacity must be above 0 and "
        + "accuracies in 0…1"
    }
  }
}

/// The font size in points: `size`, or less if the text would be wider than the plot.
private func fitting(_ text: String, size: Double, boldness: Double, in frame: Box) -> Double {
  let width = textWidth(text, em: boldness * size * 4 / 3)
  return size * min(1, (frame.right - frame.left) / max(width, 1))
}

extension Box {
  /// The variables of title and subtitle, no wider than this box.
  func headings(_ title: String, _ subtitle: String) -> [String: GnuplotValue] {
    [
      "title_text": .text(bold(title)),
      "title_size": .number(fitting(title, size: 22, boldness: 1.1, in: self)),
      "subtitle_text": .text(subtitle),
      "subtitle_size": .number(fitting(subtitle, size: 15, boldness: 1, in: self)),
    ]
  }

  /// The plot's edges as shares of the canvas.
  var variables: [String: GnuplotValue] {
    [
      "plot_left": .number(left / Double(Canvas.width)),
      "plot_right": .number(right / Double(Canvas.width)),
      "plot_bottom": .number(bottom / Double(Canvas.height)),
      "plot_top": .number(top / Double(Canvas.height)),
    ]
  }
}

/// gnuplot's markup for bold; every other markup character of the text is escaped.
func bold(_ text: String) -> String {
  let escaped = text.map { "{}^_@&~\\".contains($0) ? "\\\($0)" : String($0) }.joined()
  return "{/:Bold \(escaped)}"
}
