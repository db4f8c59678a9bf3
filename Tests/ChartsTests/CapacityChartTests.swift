import Charts
import Foundation
import PlotFiles
import Testing

@Suite struct CapacityChartTests {
  private func svg(_ chart: Chart?) throws -> String {
    let folder = try TemporaryFolder()
    let scripts = try ProjectFolder.find(environment: [:], startingAt: [URL(filePath: #filePath)])
      .appending(path: "plots")
    let picture = try #require(chart).draw(
      to: folder.url.appending(path: "chart"), formats: [.svg], scripts: scripts)[0]
    return try String(contentsOf: picture, encoding: .utf8)
  }

  private func curve(_ panel: String, _ name: String, shift: Double) -> AccuracyCurve {
    let fit = stride(from: 2.0, through: 32, by: 1).map { pairs in
      let p = 1 / (1 + pow(pairs / shift, 2))
      return AccuracyCurve.Sample(size: pairs, accuracy: p, low: 0.9 * p, high: min(1, 1.1 * p))
    }
    let points = [2, 4, 8, 16, 32].map { pairs in
      let p = 1 / (1 + pow(Double(pairs) / shift, 2))
      return AccuracyCurve.Point(
        size: pairs, accuracy: p, low: 0.95 * p, high: min(1, 1.05 * p), seeds: [p, 0.97 * p])
    }
    return AccuracyCurve(
      panel: panel, name: name, points: points, fit: fit,
      theory: fit.map { .init(size: $0.size, accuracy: $0.accuracy / 2) }, halfway: shift)
  }

  @Test func curvesInPanels() throws {
    let curves = [
      curve("ssd", "SSD N=1", shift: 4), curve("ssd", "SSD N=16", shift: 18),
      curve("mamba", "Mamba N=1", shift: 6),
    ]
    let picture = try svg(Chart.capacityCurves(curves, title: "How {many}", subtitle: "L=128"))
    for text in [
      "SSD N=1", "SSD N=16", "Mamba N=1", "key-value pairs in the sequence, K", "How {many}",
      "bootstrap 95 %", "Dotted: theory",
    ] {
      #expect(picture.contains(text), "\(text)")
    }
    let plain = [AccuracyCurve(panel: "ssd", name: "one", points: curves[0].points)]
    let bare = try svg(Chart.capacityCurves(plain, title: "", subtitle: ""))
    #expect(bare.contains("one") && !bare.contains("Dotted"))
    #expect(Chart.capacityCurves([], title: "", subtitle: "") == nil)
    let strings = try svg(
      Chart.capacityCurves(plain, of: .symbols(trainedTo: 20), title: "", subtitle: ""))
    for text in ["symbols of the string, n", "in training have at most 20 symbols"] {
      #expect(strings.contains(text) && !bare.contains(text))
    }
    #expect(!strings.contains("key-value pairs") && !strings.contains("logistic"))
    // One number of pairs, and no power of two beside it.
    let three = AccuracyCurve.Point(size: 3, accuracy: 0.5, low: 0.4, high: 0.6, seeds: [0.5])
    let single = AccuracyCurve(panel: "ssd", name: "alone", points: [three])
    #expect(
      try svg(Chart.capacityCurves([single], title: "", subtitle: "")).contains(">3<"))
  }

  private static func ladder(_ lengths: Int = 5) -> [AccuracyCurve] {
    func curve(_ panel: String, _ name: String, _ accuracy: (Double) -> Double) -> AccuracyCurve {
      let sizes = (6..<(6 + lengths)).map { 1 << $0 }
      return AccuracyCurve(
        panel: panel, name: name,
        points: sizes.map { size in
          let mean = accuracy(log2(Double(size)) - 6)
          return .init(
            size: size, accuracy: mean, low: max(0, mean - 0.02), high: min(1, mean + 0.02),
            seeds: [mean, max(0, mean - 0.01)])
        },
        published: panel == "attention" ? [] : [.init(size: 1024, accuracy: 0.44)])
    }
    return [
      curve("attention", "2 layers, state 1") { _ in 0.998 },
      curve("mamba", "2 layers, state 1/16") { 0.3 / (1 + $0) },
      curve("ssd", "4 layers, state 1/4") { 0.6 - 0.05 * $0 },
      curve("ssd", "8 layers, state 1") { 0.95 - 0.02 * $0 },
      curve("ssd", "4 layers, state 1") { 0.99 - 0.015 * $0 },
      curve("ssd", "8 layers, state 2") { 1 - 0.002 * $0 },
    ]
  }

  @Test func lengthsWithPublishedValues() throws {
    let baselines = [
      AccuracyCurve.Sample(size: 64, accuracy: 0.1), .init(size: 1024, accuracy: 0.01),
    ]
    let chart = Chart.accuracyAgainstLength(
      Self.ladder(), baselines: baselines, title: "A ladder", subtitle: "K = L/4 pairs")
    let picture = try svg(chart)
    for text in [
      "4 layers, state 1/4", "2 layers, state 1/16", "tokens in the sequence, L",
      "Hollow: published",
      "baseline without recall", "dots: seeds", "A ladder", "K = L/4 pairs",
    ] {
      #expect(picture.contains(text), "\(text)")
    }
    // In the first panel alone.
    #expect(picture.components(separatedBy: "<text>baseline without recall</text>").count == 2)
    // No family has this name: browsers would show another.
    #expect(!picture.contains("sans-serif:Bold"))
    var bare = Self.ladder()
    for index in bare.indices { bare[index].published = [] }
    let plain = try svg(Chart.accuracyAgainstLength(bare, title: "", subtitle: ""))
    #expect(!plain.contains("Hollow") && !plain.contains("baseline"))
    #expect(Chart.accuracyAgainstLength([], title: "", subtitle: "") == nil)
  }

  /// The legend is where it covers the fewest marks.
  @Test func theLegendKeepsOffTheMarks() throws {
    func legendPosition(
      low: @escaping (Int) -> Double? = { _ in nil }, _ accuracies: (Int) -> Double...
    ) throws -> String {
      let curves = accuracies.map { accuracy in
        AccuracyCurve(
          panel: "ssd", name: "a name that is not short",
          points: [16, 32, 64, 128].map { size in
            let mean = accuracy(size)
            return AccuracyCurve.Point(
              size: size, accuracy: mean, low: low(size) ?? mean, high: mean, seeds: [mean])
          })
      }
      let chart = Chart.capacityCurves(curves, title: "", subtitle: "")
      guard case .text(let position)? = chart?.variables["panel_legend_1"] else { return "" }
      return position
    }
    #expect(try legendPosition({ _ in 0.9 }) == "bottom left")
    #expect(try legendPosition({ _ in 0.01 }) == "top right")
    #expect(try legendPosition({ $0 < 64 ? 0.01 : 0.99 }) == "bottom right")
    #expect(try legendPosition({ $0 < 64 ? 0.99 : 0.01 }) == "bottom left")
    // Off the intervals, too.
    #expect(try legendPosition(low: { _ in 0.01 }, { _ in 0.3 }) == "top right")
    // Between curves along the top and the bottom, on the side where there is room.
    #expect(try legendPosition({ _ in 0.99 }, { _ in 0.01 }) == "center left")
    #expect(
      try legendPosition({ _ in 0.99 }, { _ in 0.01 }, { $0 < 64 ? 0.5 : 0.99 }) == "center right")
    #expect(
      try legendPosition(low: { $0 < 64 ? 0.01 : nil }, { _ in 0.99 }, { _ in 0.01 })
        == "center right")
  }

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
      "95 % interval",
    ] {
      #expect(picture.contains(text), "\(text)")
    }
    #expect(Chart.isoCapacity([], quantity: "", title: "", subtitle: "") == nil)
  }

  /// Where bars are narrow, their text stands upright and the legend has rows.
  @Test func manySeriesSideBySide() throws {
    let names = (1...9).map { "ssd, n_pairs=\(1 << $0), by=parameters" }
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

  /// Accuracies without recall are dashed lines across every accuracy axis.
  @Test func baselinesAreLines() throws {
    let points = [AccuracyPoint(series: "ssd", label: "one", capacity: 0.5, accuracy: 0.8)]
    let bar = IsoCapacityBar(
      series: "ssd", requested: 1, obtained: 1, setting: "d_state 5", accuracy: 0.7, low: 0.6,
      high: 0.8, seeds: [0.7])
    func charts(_ baselines: [Double]) throws -> [Chart?] {
      [
        try Chart.accuracyAgainstState(points, baselines: baselines, title: "", subtitle: ""),
        try Chart.accuracyAgainstBits(points, baselines: baselines, title: "", subtitle: ""),
        try Chart.costFrontier(points, baselines: baselines, title: "", subtitle: ""),
        Chart.isoCapacity([bar], quantity: "", baselines: baselines, title: "", subtitle: ""),
        Chart.learningRates(
          RunChartTests.rateCurves, baselines: baselines, title: "", subtitle: ""),
        Chart.training(RunChartTests.trainingCurves, baselines: baselines, title: "", subtitle: ""),
        Chart.capacityCurves(
          [curve("ssd", "one", shift: 4)],
          baselines: baselines.map { .init(size: 4, accuracy: $0) }, title: "", subtitle: ""),
      ]
    }
    for (with, without) in zip(try charts([0.3, 0.3]), try charts([])) {
      let (with, without) = (try svg(with), try svg(without))
      #expect(
        with.contains("baseline without recall") && !without.contains("baseline without recall"))
      #expect(
        with.contains(">baseline without recall 0.3<") || with.contains("pairs in the sequence"))
    }
    // Several have one text.
    let two = try svg(
      Chart.accuracyAgainstState(points, baselines: [0.3, 0.0097, 0.04], title: "", subtitle: ""))
    #expect(two.contains(">baseline without recall 0.0097 to 0.3<"))
  }

  @Test func planesWithTheirUnits() throws {
    let points = [
      ("attention", 400.0, 1.0), ("ssd", 150, 0.9), ("ssd", 260, 0.97), ("mamba", 300, 0.8),
    ]
    .map { AccuracyPoint(series: $0.0, label: "one", capacity: $0.1, accuracy: $0.2) }
    let bits = try svg(try Chart.accuracyAgainstBits(points, title: "B", subtitle: ""))
    #expect(bits.contains("Kibit") && bits.contains(">256<") && !bits.contains("attention (ratio"))
    #expect(!bits.contains(">published<"))
    let cost = try svg(try Chart.costFrontier(points, title: "C", subtitle: ""))
    #expect(cost.contains("thousands of multiply-adds") && cost.contains("Grey: the best"))
  }

  /// The frontier climbs through the points that beat all cheaper ones, in steps, and on to the edge.
  @Test func frontierStepsUp() throws {
    let points = [(100.0, 0.5), (200, 0.4), (300, 0.8), (300, 0.7), (500, 0.8)].map {
      AccuracyPoint(series: "ssd", capacity: $0.0, accuracy: $0.1)
    }
    let chart = try Chart.costFrontier(points, title: "", subtitle: "")
    let frontier = try #require(chart.blocks.first { $0.name == "frontier" }).rows
    #expect(
      frontier.dropLast() == [["100.0", "0.5"], ["300.0", "0.5"], ["300.0", "0.8"]])
    #expect(frontier.last?[1] == "0.8")
  }
}
