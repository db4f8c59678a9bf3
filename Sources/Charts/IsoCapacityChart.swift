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

  public init(
    series: String, requested: Double, obtained: Double, setting: String, accuracy: Double,
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
  ///   - baselines: accuracies without recall; each gets a dashed line.
  public static func isoCapacity(
    _ bars: [IsoCapacityBar], quantity: String, baselines: [Double] = [], title: String,
    subtitle: String
  ) -> Chart? {
    guard !bars.isEmpty else { return nil }
    let ratios = Set(bars.map(\.requested)).sorted()
    let series = bars.map(\.series).distinct
    let width = 0.8 / Double(series.count)
    func position(_ ratio: Double, _ name: String) -> Double {
      Double(ratios.firstIndex(of: ratio)! + 1)
        + (Double(series.firstIndex(of: name)!) - Double(series.count - 1) / 2) * width
    }
    let (left, right) = (118.0, 1366.0)
    let legend = Legend(
      series.enumerated().map { ($1, $0 + 1) }, left: left, right: right, top: 790)
    let frame = Box(left: left, bottom: 118, right: right, top: legend.bottom - 10)
    let groups = Double(ratios.count)
    // Texts stand upright where a bar is too narrow for them.
    let room = (right - left) * width / (groups + 0.2)
    let isUpright = bars.contains { textWidth($0.setting, em: 15.3) > room }
    let tics = ratios.enumerated().map { "\"\($1.fractionText(digits: 3))\" \($0 + 1)" }
    var variables: [String: GnuplotValue] = [
      "x_text": .text("requested capacity: \(quantity) (ratio)"),
      "note_text": .text(
        "Bars: mean over seeds; lines: 95 % interval of the mean; dots: seeds. Text: what was solved for, "
          + "and the ratio obtained where it is another."),
      "x_high": .number(groups + 0.6), "bar_width": .number(width),
      "y_high": .number(isUpright ? 1.35 : 1.12), "is_upright": .number(isUpright ? 1 : 0),
      "x_tics": .text("(\(tics.joined(separator: ", ")))"),
    ]
    variables.merge(legend.variables) { $1 }
    variables.merge(frame.headings(title, subtitle)) { $1 }
    variables.merge(frame.variables) { $1 }
    let rows = bars.map { bar in
      let had = bar.obtained == bar.requested ? "-" : "→ \(bar.obtained.fractionText(digits: 3))"
      return [
        "\(series.firstIndex(of: bar.series)! + 1)", "\(position(bar.requested, bar.series))",
        "\(bar.accuracy)", "\(bar.low)", "\(bar.high)", bar.setting, had,
      ]
    }
    let seeds = bars.filter { $0.seeds.count > 1 }.flatMap { bar in
      bar.seeds.map { ["1", "\(position(bar.requested, bar.series))", "\($0)"] }
    }
    let missing = ratios.flatMap { ratio in
      series.filter { name in !bars.contains { $0.requested == ratio && $0.series == name } }
        .map { ["\(position(ratio, $0))", "\($0): none"] }
    }
    return Chart(
      .isoCapacity, variables: variables.merging(BaselineLines(baselines).variables) { $1 },
      blocks: [
        DataBlock("bars", rows: rows), DataBlock("seeds", rows: filled(seeds, ["1", "-9", "-9"])),
        DataBlock("missing", rows: filled(missing, ["-9", " "])),
      ])
  }
}
