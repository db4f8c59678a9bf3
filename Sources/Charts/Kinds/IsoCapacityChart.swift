import Foundation
import Support

/// One mixer at one requested ratio.
public struct IsoCapacityBar: Hashable, Sendable {
  /// The mixer, and what distinguishes its bars at one ratio, such as "SSD, n_pairs=8".
  public var series: String
  /// Shares of the reference.
  public var requested, obtained: Double
  /// What was solved for, such as "d_state 5".
  public var setting: String
  /// The mean over seeds, its interval, and each seed.
  public var accuracy, low, high: Double
  public var seeds: [Double]
  /// The mixer's colour; nil for the next in order. Series of one mixer are shades of its colour.
  public var style: SeriesStyle?

  public init(
    series: String, style: SeriesStyle? = nil, requested: Double, obtained: Double, setting: String,
    accuracy: Double,
    low: Double, high: Double, seeds: [Double]
  ) {
    (self.series, self.requested, self.obtained) = (series, requested, obtained)
    (self.setting, self.accuracy) = (setting, accuracy)
    (self.low, self.high, self.seeds) = (low, high, seeds)
  }
}

extension Chart {
  /// One group of bars for each requested ratio; in a group, one bar for each series. Nil if there are no bars.
  ///
  /// - Parameters:
  ///   - quantity: what the ratio compares, such as "state (exact) / attention".
  ///   - baselines: accuracies to compare with; each gets a line.
  public static func isoCapacity(
    _ bars: [IsoCapacityBar], quantity: String, baselines: Baselines = [], title: String,
    subtitle: String, width: PictureWidth = .screen
  ) -> Chart? {
    guard !bars.isEmpty else { return nil }
    let ratios = Set(bars.map(\.requested)).sorted()
    let series = bars.map(\.series).distinct
    let styles = SeriesStyle.shaded(
      series.enumerated().map { index, name in
        bars.first { $0.series == name }?.style ?? SeriesStyle(mixer: index)
      })
    let share = 0.8 / Double(series.count)
    func position(_ ratio: Double, _ name: String) -> Double {
      Double(ratios.firstIndex(of: ratio)! + 1)
        + (Double(series.firstIndex(of: name)!) - Double(series.count - 1) / 2) * share
    }
    let hasSeeds = bars.contains { $0.seeds.count > 1 }
    let legend = zip(series, styles).map { LegendEntry(text: $0, swatch: .patch($1.colour)) }
    let marks =
      hasSeeds
      ? [
        LegendEntry(text: "95 % interval of the mean over seeds", swatch: .interval(.ink)),
        LegendEntry(text: "seed", swatch: .dot(mark: 6, size: 0.9, .ink, width: 1.3)),
      ] : []
    let isColumn = width == .column
    var figure = Figure(
      .init(
        title: title, subtitle: subtitle,
        x: isColumn ? quantity : "requested capacity: \(quantity) (ratio)",
        y: isColumn ? shortAccuracyTitle : accuracyTitle,
        notes: [
          "On the bars: what was solved for"
            + (isColumn ? "." : ", and the ratio obtained where it is another."),
          // They differ in colour alone, which grey paper does not show.
          "Bars stand in the legend's order.",
        ],
        legend: legend + marks + baselines.legend), width: width)
    let frame = figure.frames[0]
    let groups = Double(ratios.count)
    // Texts stand upright where a bar is too narrow for them.
    let room = (frame.right - frame.left) * share / (groups + 0.2)
    let isUpright = bars.contains { textWidth($0.setting, em: em(width.sizes.note)) > room }
    let longest = bars.map {
      textWidth("\($0.setting) \(obtained($0, width) ?? "")", em: em(width.sizes.note))
    }.max()!
    let above = isUpright ? (longest + 18) / (frame.top - frame.bottom) : 0.12
    let axes = PanelAxes(
      frame: frame,
      x: .init(
        range: 0.4...groups + 0.6,
        tics: AxisTics.list(
          ratios.enumerated().map { (Double($0 + 1), $1.fractionText(digits: 3)) })),
      y: .init(range: 0...1 / (1 - min(above, 0.5)), tics: AxisTics.shares))
    figure.setAxes(axes, ofPanel: 0)
    baselines.draw(into: &figure.overlay, on: axes, isInFront: true)
    return Chart(
      .isoCapacity, width: width, height: figure.height, title: title,
      summary: ChartKind.isoCapacity.summary,
      variables: figure.variables.merging([
        "bar_width": .number(share), "is_upright": .number(isUpright ? 1 : 0),
        "note_size": .number(width.sizes.note),
      ]) { $1 },
      blocks: blocks(bars, series, styles, ratios, width, position),
      tips: [
        "bars": bars.map {
          "\($0.series), \($0.setting)\naccuracy \(fixed($0.accuracy, 3))"
            + intervalText($0.low, $0.high, seeds: $0.seeds) + "\n\(quantity) "
            + "\($0.obtained.fractionText(digits: 3))"
        }
      ])
  }

  private static func blocks(
    _ bars: [IsoCapacityBar], _ series: [String], _ styles: [SeriesStyle], _ ratios: [Double],
    _ width: PictureWidth, _ position: (Double, String) -> Double
  ) -> [DataBlock] {
    let rows = bars.map { bar in
      [
        "1", "\(position(bar.requested, bar.series))", "\(bar.accuracy)", "\(bar.low)",
        "\(bar.high)", "\(styles[series.firstIndex(of: bar.series)!].colour.rgb)",
        bar.setting, obtained(bar, width) ?? "-", "\(([bar.high] + bar.seeds).max()!)",
      ]
    }
    let seeds = bars.filter { $0.seeds.count > 1 }.flatMap { bar in
      bar.seeds.map { ["1", "\(position(bar.requested, bar.series))", "\($0)"] }
    }
    let missing = ratios.flatMap { ratio in
      series.filter { name in !bars.contains { $0.requested == ratio && $0.series == name } }
        .map { ["1", "\(position(ratio, $0))", "\($0): none"] }
    }
    return [
      DataBlock("bars", rows: rows), DataBlock("seeds", rows: filled(seeds)),
      DataBlock("missing", rows: missing.isEmpty ? [["1", "-9", " "]] : missing),
    ]
  }

  /// What stands on the bar after the setting, where the ratio is not the requested one.
  private static func obtained(_ bar: IsoCapacityBar, _ width: PictureWidth) -> String? {
    bar.obtained == bar.requested || width == .column
      ? nil : "→ \(bar.obtained.fractionText(digits: 3))"
  }
}
