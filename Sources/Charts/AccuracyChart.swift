import Foundation

/// One configuration's accuracy, as measured here or as published.
public struct AccuracyPoint: Hashable, Sendable {
  /// The mixer; points of one series share a colour.
  public var series: String
  /// Points of a series are joined where this is the same.
  public var line: String
  /// A text beside the mark, such as "N=16, 8 layers"; may be empty.
  public var label: String
  /// The size on the x axis, above 0: of state relative to attention's, or as the chart has it.
  public var capacity: Double
  /// Mean over the seeds, 0…1.
  public var accuracy: Double
  /// The interval of the mean; a bar is drawn where its ends differ.
  public var low: Double
  public var high: Double
  /// Every seed's accuracy, drawn as dots where there are several.
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
  ///   - baselines: accuracies without recall; each is a dashed line.
  ///   - isOverlay: whether the series are one experiment over and over, such as at several lengths: they are named
  ///     above the plot, and marks of several that say the same share a text.
  /// - Throws: `AccuracyChartError` for no points, or one that cannot be drawn.
  public static func accuracyAgainstState(
    _ points: [AccuracyPoint], isOverlay: Bool = false, baselines: [Double] = [], title: String,
    subtitle: String
  ) throws(AccuracyChartError) -> Chart {
    let plan = try AccuracyPlan(
      points, baselines: baselines, atLeast: -6...1, isOverlay: isOverlay)
    return accuracyPlane(
      .accuracyAgainstState, plan, title: title, subtitle: subtitle,
      axis: "state size relative to attention (ratio, log₂ scale)", tics: AxisTics.relative,
      variables: ["reference_x": .number(1)])
  }

  /// Accuracy against the bits of state at float32; the points' sizes are in Kibit, 1024 bits.
  public static func accuracyAgainstBits(
    _ points: [AccuracyPoint], baselines: [Double] = [], title: String, subtitle: String
  ) throws(AccuracyChartError) -> Chart {
    let plan = try AccuracyPlan(points, baselines: baselines, atLeast: nil)
    return accuracyPlane(
      .accuracyAgainstBits, plan, title: title, subtitle: subtitle,
      axis:
        "state carried from token to token (Kibit = 1024 bits, at 32 bits a scalar; log₂ scale)",
      tics: AxisTics.powersOfTwo(in: plan.area.sizes))
  }

  /// Accuracy against the cost of a decoding step, in thousands of multiply-adds, with the frontier: the best
  /// accuracy at each cost or less.
  public static func costFrontier(
    _ points: [AccuracyPoint], baselines: [Double] = [], title: String, subtitle: String
  ) throws(AccuracyChartError) -> Chart {
    let plan = try AccuracyPlan(points, baselines: baselines, atLeast: nil)
    return accuracyPlane(
      .costFrontier, plan, title: title, subtitle: subtitle,
      axis: "cost of decoding the last token (thousands of multiply-adds, log scale)",
      tics: AxisTics.round(in: plan.area.sizes), frontier: plan.frontier)
  }

  private static func accuracyPlane(
    _ kind: ChartKind, _ plan: AccuracyPlan, title: String, subtitle: String, axis: String,
    tics: String, variables own: [String: GnuplotValue] = [:], frontier: [[String]] = []
  ) -> Chart {
    let area = plan.area
    let points = plan.marks.map(\.point)
    let several = points.contains { $0.seeds.count > 1 }
    let notes = [
      plan.isCrowded
        ? "Marks that would cover one another are set side by side, about their common place." : "",
      frontier.isEmpty ? "" : "Grey: the best mean accuracy at this cost or less.",
    ]
    let variables: [String: GnuplotValue] = [
      "x_text": .text(axis),
      "y_text": .text("test accuracy (share of answers that are right, 0 to 1)"),
      "note_text": .text(notes.filter { !$0.isEmpty }.joined(separator: " ") + " "),
      "key_text": .text(
        several ? "mean over seeds (dots), 95 % interval" : "measured (one seed)"),
      "series_count": .number(Double(plan.series.count)),
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
        .merging(plan.baselines.variables) { $1 }.merging(plan.legend?.variables ?? [:]) { $1 },
      blocks: [
        plan.pointBlock, plan.seedBlock, plan.labelBlock, plan.nameBlock, plan.leaderBlock,
        DataBlock("frontier", rows: filled(frontier, ["1", "-9"])),
      ])
  }
}

public enum AccuracyChartError: Error, Hashable, Sendable, CustomStringConvertible {
  case noPoints
  case notDrawable(AccuracyPoint)

  public var description: String {
    switch self {
    case .noPoints: "there is no point to draw"
    case .notDrawable(let point):
      "\(point.series) \(point.label): capacity \(point.capacity), accuracy \(point.accuracy) "
        + "(\(point.low) to \(point.high), seeds \(point.seeds)) cannot be drawn; capacity must be above 0 and "
        + "accuracies in 0…1"
    }
  }
}

/// `size` in points, or less where the text would be wider than the plot.
private func fitting(_ text: String, size: Double, boldness: Double, in frame: Box) -> Double {
  let width = textWidth(text, em: boldness * size * 4 / 3)
  return size * min(1, (frame.right - frame.left) / max(width, 1))
}

extension Box {
  /// Title and subtitle, no wider than this.
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

/// gnuplot's markup for bold, the rest of it taken literally.
func bold(_ text: String) -> String {
  let escaped = text.map { "{}^_@&~\\".contains($0) ? "\\\($0)" : String($0) }.joined()
  return "{/:Bold \(escaped)}"
}
