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

/// Where bars stand.
///
/// Few series have a group for each requested ratio, so that they are compared at equal state. Colours do not tell more than
/// seven apart: these have a group each, with its name below it and a shade for each ratio.
private struct BarGroups {
  let ratios: [Double]
  let series: [String]
  private let styles: [SeriesStyle]
  /// The lines of each group's name; nil where a group is a ratio.
  let names: [[String]]?

  init(_ bars: [IsoCapacityBar], _ width: PictureWidth) {
    ratios = Set(bars.map(\.requested)).sorted()
    let series = bars.map(\.series).distinct
    self.series = series
    styles = SeriesStyle.shaded(
      series.enumerated().map { index, name in
        bars.first { $0.series == name }?.style ?? SeriesStyle(mixer: index)
      })
    let room = (width.units - width.left - width.right) / (Double(series.count) + 0.2) - 4
    let names = series.map { wrapped($0, to: room, size: width.sizes.label, most: 2) }
    let fit = zip(names, series).allSatisfy { $0.joined(separator: " ") == $1 }
    self.names = series.count > SeriesStyle.colours.count && fit ? names : nil
  }

  var count: Int { names == nil ? ratios.count : series.count }
  /// The width of a bar, in groups.
  var share: Double { 0.8 / Double(names == nil ? series.count : ratios.count) }

  func position(_ ratio: Double, _ name: String) -> Double {
    let (column, row) = (ratios.firstIndex(of: ratio)!, series.firstIndex(of: name)!)
    let (group, bar, bars) =
      names == nil ? (column, row, series.count) : (row, column, ratios.count)
    return Double(group + 1) + (Double(bar) - Double(bars - 1) / 2) * share
  }

  func colour(_ ratio: Double, _ name: String) -> Colour {
    let style = styles[series.firstIndex(of: name)!]
    guard names != nil else { return style.colour }
    return style.ranked(ratios.firstIndex(of: ratio)!, of: ratios.count).colour
  }

  var legend: [LegendEntry] {
    names == nil
      ? zip(series, styles).map { LegendEntry(text: $0, swatch: .patch($1.colour)) } : []
  }

  /// What the axis says of the order in a group.
  var order: String {
    names == nil
      ? ""
      : ", from left to right \(ratios.map { $0.fractionText(digits: 3) }.joined(separator: ", "))"
  }

  /// What an absent bar's place says.
  func missing(_ ratio: Double, _ name: String) -> String {
    "\(names == nil ? name : ratio.fractionText(digits: 3)): none"
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
        notes: [
          "On the bars: what was solved for"
            + (isColumn ? "." : ", and the ratio obtained where it is another."),
          // They differ in colour alone, which grey paper does not show.
          groups.names == nil ? "Bars stand in the legend's order." : "",
        ],
        legend: groups.legend + marks + baselines.legend), width: width,
      ticRows: groups.names?.map(\.count).max() ?? 1)
    let frame = figure.frames[0]
    // Texts stand upright where a bar is too narrow for them.
    let room = (frame.right - frame.left) * groups.share / (Double(groups.count) + 0.2)
    let isUpright = bars.contains { textWidth($0.setting, em: em(width.sizes.note)) > room }
    let longest = bars.map {
      textWidth("\($0.setting) \(obtained($0, width) ?? "")", em: em(width.sizes.note))
    }.max()!
    let above = isUpright ? (longest + 18) / (frame.top - frame.bottom) : 0.12
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
    for (index, lines) in (groups.names ?? []).enumerated() {
      for (row, line) in lines.enumerated() {
        let place = Pixel(axes.pixel(Double(index + 1), 0).x, frame.bottom - 16 - 20 * Double(row))
        figure.overlay.texts.append(
          .init(text: line, at: place, size: width.sizes.label, anchor: .center))
      }
    }
    baselines.draw(into: &figure.overlay, on: axes, isInFront: true)
    return Chart(
      .isoCapacity, width: width, height: figure.height, title: title,
      summary: ChartKind.isoCapacity.summary,
      variables: figure.variables.merging([
        "bar_width": .number(groups.share), "is_upright": .number(isUpright ? 1 : 0),
        "note_size": .number(width.sizes.note),
      ]) { $1 },
      blocks: blocks(bars, groups, width),
      tips: [
        "bars": bars.map {
          "\($0.series), \($0.setting)\naccuracy \(fixed($0.accuracy, 3))"
            + intervalText($0.low, $0.high, seeds: $0.seeds) + "\n\(quantity) "
            + "\($0.obtained.fractionText(digits: 3))"
        }
      ])
  }

  private static func blocks(
    _ bars: [IsoCapacityBar], _ groups: BarGroups, _ width: PictureWidth
  ) -> [DataBlock] {
    let rows = bars.map { bar in
      [
        "1", "\(groups.position(bar.requested, bar.series))", "\(bar.accuracy)", "\(bar.low)",
        "\(bar.high)", "\(groups.colour(bar.requested, bar.series).rgb)",
        bar.setting, obtained(bar, width) ?? "-", "\(([bar.high] + bar.seeds).max()!)",
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

  /// What stands on the bar after the setting, where the ratio is not the requested one.
  private static func obtained(_ bar: IsoCapacityBar, _ width: PictureWidth) -> String? {
    bar.obtained == bar.requested || width == .column
      ? nil : "→ \(bar.obtained.fractionText(digits: 3))"
  }
}
