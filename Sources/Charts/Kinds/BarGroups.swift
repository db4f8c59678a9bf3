import Support

/// Where the bars of a chart of equal capacity stand, and their texts.
///
/// Few series have a group for each requested ratio, so that they are compared at equal state. Colours do not tell more than
/// seven apart: these have a group each, with its name below it and a shade for each ratio. (If names are too long for
/// that, the legend has them, and bars stand in its order.)
struct BarGroups {
  let ratios: [Double]
  let series: [String]
  private let styles: [SeriesStyle]
  /// The lines of each group's name; nil where a group is a ratio.
  let names: [[String]]?
  /// Whether the names stand upright, one line each, because groups are narrow.
  let hasUprightNames: Bool
  private let longestName: Double
  private let hasMissing: Bool
  private let width: PictureWidth

  init(_ bars: [IsoCapacityBar], _ width: PictureWidth) {
    ratios = Set(bars.map(\.requested)).sorted()
    let series = bars.map(\.series).distinct
    self.series = series
    styles = SeriesStyle.shaded(
      series.enumerated().map { index, name in
        bars.first { $0.series == name }?.style ?? SeriesStyle(mixer: index)
      })
    self.width = width
    hasMissing = bars.count < ratios.count * series.count
    let room = Self.across(width) / (Double(series.count) + 0.2) - 4
    let names = series.map { wrapped($0, to: room, size: width.sizes.label, most: 2) }
    let fit = zip(names, series).allSatisfy { $0.joined(separator: " ") == $1 }
    longestName = series.map { textWidth($0, em: em(width.sizes.label)) }.max() ?? 0
    let isMany = series.count > SeriesStyle.colours.count
    hasUprightNames = isMany && !fit && longestName < width.height / 4
    self.names = hasUprightNames ? series.map { [$0] } : isMany && fit ? names : nil
  }

  private static func across(_ width: PictureWidth) -> Double {
    width.units - width.left - width.right
  }

  var count: Int { names == nil ? ratios.count : series.count }
  /// Units of a group's width.
  var groupWidth: Double { Self.across(width) / (Double(count) + 0.2) }
  /// Whether upright texts on neighbouring bars do not overlap.
  var haveRoomForTexts: Bool { share * groupWidth > 0.9 * em(width.sizes.note) }

  private var haveRoomForObtained: Bool {
    haveRoomForTexts && width != .column && !hasUprightNames
  }

  /// The room that the names take below the axis, in lines of its numbers.
  var nameRows: Int {
    guard let names else { return 1 }
    guard hasUprightNames else { return names.map(\.count).max() ?? 1 }
    return Int((longestName / (1.1 * em(width.sizes.tics))).rounded(.up))
  }

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

  /// What stands on a bar after its setting: the ratio, where it is not the requested one and there is room.
  func obtained(_ bar: IsoCapacityBar) -> String? {
    bar.obtained == bar.requested || !haveRoomForObtained
      ? nil : "→ \(bar.obtained.fractionText(digits: 3))"
  }

  /// Lines below the picture.
  var notes: [String] {
    let solved =
      haveRoomForObtained
      ? "On the bars: what was solved for, and the ratio obtained where it is another."
      : "On the bars: what was solved for."
    return [
      width == .column && names != nil ? "Bars\(order.dropFirst())." : "",
      haveRoomForTexts ? solved : hasMissing ? "×: no score." : "",
      // They differ in colour alone, which grey paper does not show.
      names == nil ? "Bars stand in the legend's order." : "",
    ]
  }

  /// What an absent bar's place says.
  func missing(_ ratio: Double, _ name: String) -> String {
    haveRoomForTexts ? "\(names == nil ? name : ratio.fractionText(digits: 3)): none" : "×"
  }

  /// The names below the axis, centered under their groups.
  func drawNames(on axes: PanelAxes, below bottom: Double, into overlay: inout Overlay) {
    let (size, letter) = (width.sizes.label, em(width.sizes.label))
    for (index, lines) in (names ?? []).enumerated() {
      for (row, line) in lines.enumerated() {
        let below =
          hasUprightNames
          ? 8 + textWidth(line, em: letter) / 2 : (0.95 + 1.15 * Double(row)) * letter
        overlay.texts.append(
          .init(
            text: line, at: Pixel(axes.pixel(Double(index + 1), 0).x, bottom - below), size: size,
            anchor: hasUprightNames ? .up : .center))
      }
    }
  }
}
