import Charts
import Foundation
import Testing

/// Bars of mixers at equal capacity: groups, colours, texts.
@Suite struct IsoCapacityChartTests {
  @Test func barsInGroupsWithWhatIsMissing() throws {
    func bar(_ series: String, _ ratio: Double, _ obtained: Double) -> IsoCapacityBar {
      IsoCapacityBar(
        series: series, requested: ratio, obtained: obtained, setting: "d_state 5", accuracy: 0.7,
        low: 0.6, high: 0.8, seeds: [0.65, 0.75])
    }
    let picture = try svg(
      Chart.isoCapacity(
        [bar("ssd", 0.125, 0.1287), bar("ssd", 1, 1), bar("mamba", 1, 1)],
        quantity: "state (exact) / attention", title: "Recall", subtitle: "L=64"))
    for text in [
      "1/8", "mamba", "d_state 5", "→ 0.129", "mamba: none", "state (exact) / attention (ratio)",
      "<title>ssd, d_state 5\naccuracy 0.700 (0.600–0.800)\nstate (exact) / attention 0.129</title>",
      "95 % interval",
    ] {
      #expect(picture.contains(text), "\(text)")
    }
    #expect(Chart.isoCapacity([], quantity: "", title: "", subtitle: "") == nil)
  }

  /// Where bars are narrow, their text stands upright and the legend has rows.
  @Test func manySeriesSideBySide() throws {
    let names = (1...9).map { "ssd, n_pairs=\(1 << $0), by=parameters, one of nine" }
    let bars = [0.125, 0.25, 0.5, 1].flatMap { ratio in
      names.map { name in
        IsoCapacityBar(
          series: name, requested: ratio, obtained: 1.01 * ratio, setting: "d_state 12",
          accuracy: 1, low: 0.9, high: 1, seeds: [0.9, 1])
      }
    }
    let chart = try #require(
      Chart.isoCapacity(bars, quantity: "state", title: "Recall", subtitle: ""))
    let positions = try #require(chart.blocks.first { $0.name == "bars" }).rows.map { $0[1] }
    #expect(Set(positions).count == bars.count)
    let picture = try svg(chart)
    for name in names { #expect(picture.contains(">\(name)<"), "\(name)") }
    #expect(picture.contains("rotate(-90"))
  }

  /// Seven colours cannot tell eight mixers apart: each has a group with its name, and a shade for each ratio.
  @Test func manyMixersHaveAGroupEach() throws {
    let names = ["attention", "sliding window", "RetNet", "GLA", "DeltaNet", "KDA", "SSD", "Mamba"]
    func bars(_ names: [String], _ ratios: [Double] = [0.5, 1]) -> [IsoCapacityBar] {
      names.enumerated().flatMap { index, name in
        ratios.map {
          IsoCapacityBar(
            series: name, style: SeriesStyle(mixer: index + 3), requested: $0, obtained: $0,
            setting: "d_state 5", accuracy: 0.7, low: 0.7, high: 0.7, seeds: [0.7])
        }
      }
    }
    func chart(_ bars: [IsoCapacityBar]) throws -> Chart {
      try #require(Chart.isoCapacity(bars, quantity: "state", title: "Recall", subtitle: ""))
    }
    func rows(_ chart: Chart) throws -> [[String]] {
      try #require(chart.blocks.first { $0.name == "bars" }).rows
    }
    let many = try chart(bars(names).dropLast())
    for (row, bar) in zip(try rows(many), bars(names)) {
      let (group, rank) = (names.firstIndex(of: bar.series)!, bar.requested == 1 ? 1 : 0)
      #expect(abs(Double(row[1])! - Double(group + 1) - (Double(rank) - 0.5) * 0.4) < 1e-9)
      #expect(row[5] == "\(SeriesStyle(mixer: group + 3, rank: rank, of: 2).colour.rgb)")
    }
    let picture = try svg(many)
    for text in ["sliding", "window", "KDA", "1: none", "from left to right 1/2, 1"] {
      #expect(picture.contains(text), "\(text)")
    }
    // In a column of paper the names stand upright, and bars are too narrow for texts.
    let column = try #require(
      Chart.isoCapacity(
        bars(names, [0.125, 0.25, 0.5, 1]).dropLast(), quantity: "state", title: "Recall",
        subtitle: "", width: .column))
    #expect(try rows(column).allSatisfy { $0[6] == " " })
    let columnPicture = try svg(column)
    for text in names.map({ ">\($0)<" }) + [
      "Bars from left to right 1/8, 1/4, 1/2, 1.", "×: no score.",
    ] {
      #expect(columnPicture.contains(text), "\(text)")
    }
    #expect(!columnPicture.contains(": none"))
    // Few have a group for each ratio, in their mixers' colours.
    for (row, bar) in zip(try rows(chart(bars(["GLA", "SSD"]))), bars(["GLA", "SSD"])) {
      #expect(Double(row[1])!.rounded() == (bar.requested == 1 ? 2 : 1))
      #expect(row[5] == "\(SeriesStyle(mixer: bar.series == "SSD" ? 4 : 3).colour.rgb)")
    }
  }
}
