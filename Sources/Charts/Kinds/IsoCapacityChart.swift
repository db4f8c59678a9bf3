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
    self.style = style
  }
}

extension Chart {
  /// Groups of bars, one bar for each requested ratio and series. Nil if there are no bars.
  ///
  /// - Parameters:
  ///   - quantity: what the ratio compares, such as "state (exact) / attention".
  ///   - baselines: accuracies to compare with; each gets a line.
  public static func isoCapacity(
    _ bars: [IsoCapacityBar], quantity: String, baselines: Baselines = [], title: String,
    subtitle: String, width: PictureWidth = .screen
  ) -> Chart? {
    guard !bars.isEmpty else { return nil }
    let groups = BarGroups(bars, width)
    let hasSeeds = bars.contains { $0.seeds.count > 1 }
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
        x: isColumn ? quantity : "requested capacity: \(quantity) (ratio)\(groups.order)",
        y: isColumn ? shortAccuracyTitle : accuracyTitle,
        notes: groups.notes,
        legend: groups.legend + marks + baselines.legend), width: width,
      ticRows: groups.nameRows)
    let frame = figure.frames[0]
    // Texts stand upright where a bar is too narrow for them.
    let room = groups.share * groups.groupWidth
    let isUpright = bars.contains { textWidth($0.setting, em: em(width.sizes.note)) > room }
    let longest = bars.map {
      textWidth("\($0.setting) \(groups.obtained($0) ?? "")", em: em(width.sizes.note))
    }.max()!
    let above =
      !groups.haveRoomForTexts
      ? 0.04 : isUpright ? (longest + 18) / (frame.top - frame.bottom) : 0.12
    let axes = PanelAxes(
      frame: frame,
      x: .init(
        range: 0.4...Double(groups.count) + 0.6,
        tics: AxisTics.list(
          (0..<groups.count).map { index in
            (
              Double(index + 1),
              groups.names == nil ? groups.ratios[index].fractionText(digits: 3) : ""
            )
          })),
      y: .init(range: 0...1 / (1 - min(above, 0.5)), tics: AxisTics.shares))
    figure.setAxes(axes, ofPanel: 0)
    groups.drawNames(on: axes, below: frame.bottom, into: &figure.overlay)
    baselines.draw(into: &figure.overlay, on: axes, isInFront: true)
    return Chart(
      .isoCapacity, width: width, height: figure.height, title: title,
      summary: ChartKind.isoCapacity.summary,
      variables: figure.variables.merging([
        "bar_width": .number(groups.share), "is_upright": .number(isUpright ? 1 : 0),
        "note_size": .number(width.sizes.note),
      ]) { $1 },
      blocks: blocks(bars, groups),
      tips: [
        "bars": bars.map {
          "\($0.series), \($0.setting)\naccuracy \(fixed($0.accuracy, 3))"
            + intervalText($0.low, $0.high, seeds: $0.seeds) + "\n\(quantity) "
            + "\($0.obtained.fractionText(digits: 3))"
        }
      ])
  }

  private static func blocks(
    _ bars: [IsoCapacityBar], _ groups: BarGroups
  ) -> [DataBlock] {
    let rows = bars.map { bar in
      [
        "1", "\(groups.position(bar.requested, bar.series))", "\(bar.accuracy)", "\(bar.low)",
        "\(bar.high)", "\(groups.colour(bar.requested, bar.series).rgb)",
        groups.haveRoomForTexts ? bar.setting : " ", groups.obtained(bar) ?? "-",
        "\(([bar.high] + bar.seeds).max()!)",
      ]
    }
    let seeds = bars.filter { $0.seeds.count > 1 }.flatMap { bar in
      bar.seeds.map { ["1", "\(groups.position(bar.requested, bar.series))", "\($0)"] }
    }
    let missing = groups.ratios.flatMap { ratio in
      groups.series.filter { name in !bars.contains { $0.requested == ratio && $0.series == name } }
        .map { ["1", "\(groups.position(ratio, $0))", groups.missing(ratio, $0)] }
    }
    return [
      DataBlock("bars", rows: rows), DataBlock("seeds", rows: filled(seeds)),
      DataBlock("missing", rows: missing.isEmpty ? [["1", "-9", " "]] : missing),
    ]
  }
}
