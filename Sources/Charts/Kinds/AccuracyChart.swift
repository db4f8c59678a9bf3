import Foundation
import Support

/// One configuration's accuracy, as measured here or as published.
public struct AccuracyPoint: Hashable, Sendable {
  /// The panel that shows it; empty for a chart with one panel.
  public var panel: String
  /// The mixer. Points of one series share a colour.
  public var series: String
  /// The series' colour and mark; nil for the next in order.
  public var style: SeriesStyle?
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
    panel: String = "", series: String, style: SeriesStyle? = nil, line: String = "",
    label: String = "", capacity: Double, accuracy: Double, low: Double? = nil,
    high: Double? = nil, seeds: [Double] = [], isPublished: Bool = false
  ) {
    (self.panel, self.series, self.style) = (panel, series, style)
    (self.line, self.label) = (line, label)
    self.capacity = capacity
    self.accuracy = accuracy
    self.low = low ?? accuracy
    self.high = high ?? accuracy
    self.seeds = seeds
    self.isPublished = isPublished
  }

  /// What a reader sees on hovering over its mark.
  func tip(_ size: String) -> String {
    let name = [panel, series, label].filter { !$0.isEmpty && $0 != series }
    return ([series] + name).joined(separator: ", ") + "\n"
      + "accuracy \(fixed(accuracy, 3))\(intervalText(low, high, seeds: seeds))\(isPublished ? ", published" : "")\n"
      + "\(size) \(significant(capacity, 4))"
  }
}

/// What the x axis of an accuracy chart shows.
enum AccuracyPlane {
  case state, bits, cost, rank

  var title: String {
    switch self {
    case .state: "state size relative to attention (ratio, log₂ scale)"
    case .bits:
      "state carried from token to token (Kibit = 1024 bits, at 32 bits a scalar; log₂ scale)"
    case .cost: "cost of decoding the last token (thousands of multiply-adds, log scale)"
    case .rank: "effective rank of a mixing matrix at a cut, both directions (log₂ scale)"
    }
  }

  var shortTitle: String {
    switch self {
    case .state: "state relative to attention (log₂ scale)"
    case .bits: "state, Kibit at 32 bits a scalar (log₂ scale)"
    case .cost: "decoding cost, 1000 multiply-adds (log scale)"
    case .rank: "effective rank (log₂ scale)"
    }
  }

  /// The name of a value.
  var size: String {
    switch self {
    case .state: "state / attention"
    case .bits: "Kibit"
    case .cost: "thousands of multiply-adds"
    case .rank: "effective rank"
    }
  }
}

extension Chart {
  /// Accuracy against state size relative to attention. Points with different `panel` stand in panels side by side.
  ///
  /// - Parameters:
  ///   - baselines: accuracies to compare with; each gets a line.
  ///   - panelBaselines: those of a panel, by its name, where panels differ.
  /// - Throws: `AccuracyChartError` if there are no points, or if a point cannot be drawn.
  public static func accuracyAgainstState(
    _ points: [AccuracyPoint], baselines: Baselines = [], panelBaselines: [String: Baselines] = [:],
    title: String, subtitle: String, width: PictureWidth = .screen
  ) throws(AccuracyChartError) -> Chart {
    try accuracyPlane(
      .accuracyAgainstState, .state, points, baselines, panelBaselines, title, subtitle, width)
  }

  /// Accuracy against the bits of state at float32. The points' capacities are in Kibit (1024 bits). Points with different
  /// `panel` stand in panels side by side.
  ///
  /// - Parameters:
  ///   - baselines: accuracies to compare with; each gets a line.
  ///   - panelBaselines: those of a panel, by its name, where panels differ.
  ///   - note: a line under the picture.
  public static func accuracyAgainstBits(
    _ points: [AccuracyPoint], baselines: Baselines = [], panelBaselines: [String: Baselines] = [:],
    title: String, subtitle: String, note: String = "", width: PictureWidth = .screen
  ) throws(AccuracyChartError) -> Chart {
    try accuracyPlane(
      .accuracyAgainstBits, .bits, points, baselines, panelBaselines, title, subtitle, note: note,
      width)
  }

  /// Accuracy against the effective rank of the mixing matrices; the points' capacities are ranks.
  public static func accuracyAgainstRank(
    _ points: [AccuracyPoint], baselines: Baselines = [], title: String, subtitle: String,
    width: PictureWidth = .screen
  ) throws(AccuracyChartError) -> Chart {
    try accuracyPlane(.accuracyAgainstRank, .rank, points, baselines, [:], title, subtitle, width)
  }

  /// Accuracy against the cost of a decoding step, in thousands of multiply-adds, with the frontier: the best
  /// accuracy at this cost or less.
  public static func costFrontier(
    _ points: [AccuracyPoint], baselines: Baselines = [], title: String, subtitle: String,
    width: PictureWidth = .screen
  ) throws(AccuracyChartError) -> Chart {
    try accuracyPlane(.costFrontier, .cost, points, baselines, [:], title, subtitle, width)
  }

  private static func accuracyPlane(
    _ kind: ChartKind, _ plane: AccuracyPlane, _ points: [AccuracyPoint], _ baselines: Baselines,
    _ panelBaselines: [String: Baselines], _ title: String, _ subtitle: String,
    note: String = "", _ width: PictureWidth
  ) throws(AccuracyChartError) -> Chart {
    let layout = try AccuracyLayout(
      points, plane: plane, baselines: baselines, panelBaselines: panelBaselines, title: title,
      subtitle: subtitle, note: note, width: width)
    return Chart(
      kind, width: width, height: layout.figure.height, title: title,
      summary: kind.summary(hasPublished: !layout.published.isEmpty),
      variables: layout.figure.variables, blocks: layout.blocks,
      tips: [
        "marks": layout.measured.map { $0.point.tip(plane.size) },
        "published": layout.published.map { $0.point.tip(plane.size) },
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

/// What stands behind a mean on hovering: its interval, or the two seeds that have none.
func intervalText(_ low: Double, _ high: Double, seeds: [Double]) -> String {
  low < high
    ? " (\(fixed(low, 3))–\(fixed(high, 3)))"
    : seeds.count == 2 ? " (\(seeds.map { fixed($0, 3) }.joined(separator: ", ")))" : ""
}
