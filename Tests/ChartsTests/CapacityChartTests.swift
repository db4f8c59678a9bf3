import Charts
import Foundation
import Testing

@Suite struct CapacityChartTests {
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
      "95 % band (bootstrap over seeds)", "theory: random keys", "K₅₀ 18",
    ] {
      #expect(picture.contains(text), "\(text)")
    }
    let plain = [AccuracyCurve(panel: "ssd", name: "one", points: curves[0].points)]
    let bare = try svg(Chart.capacityCurves(plain, title: "", subtitle: ""))
    #expect(bare.contains("one") && !bare.contains("theory: random") && !bare.contains("K₅₀"))
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

  /// A baseline that is known at one size alone is a line across the panels.
  @Test func oneBaselineIsALine() throws {
    let chart = try #require(
      Chart.accuracyAgainstLength(
        Self.ladder(), baselines: [.init(size: 64, accuracy: 0.1)], title: "", subtitle: ""))
    let rows = try #require(chart.blocks.first { $0.name == "baselines" }).rows
    let first = rows.prefix { !$0.isEmpty }
    #expect(first.count == 2 && Set(first.map { $0[1] }).count == 2)
    #expect(first.allSatisfy { $0[2] == "0.1" })
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
      ">published<", "baseline without recall", ">seed<", "A ladder", "K = L/4 pairs",
    ] {
      #expect(picture.contains(text), "\(text)")
    }
    // In the legend alone.
    #expect(picture.components(separatedBy: "<text>baseline without recall</text>").count == 2)
    // No family has this name: browsers would show another.
    #expect(!picture.contains("sans-serif:Bold"))
    var bare = Self.ladder()
    for index in bare.indices { bare[index].published = [] }
    let plain = try svg(Chart.accuracyAgainstLength(bare, title: "", subtitle: ""))
    #expect(!plain.contains(">published<") && !plain.contains("baseline"))
    #expect(Chart.accuracyAgainstLength([], title: "", subtitle: "") == nil)
  }

  /// Many curves of one mixer go to panels of at most six, by their sizes.
  @Test func manyCurvesGoToPanels() throws {
    let point = { (size: Int, p: Double) in
      AccuracyCurve.Point(size: size, accuracy: p, low: p, high: p, seeds: [p])
    }
    let curves =
      (0..<14).map { index in
        AccuracyCurve(
          panel: "SSD", name: "a row with a long name, number \(index)",
          points: [point(16, Double(index) / 14)])
      } + [
        AccuracyCurve(panel: "SSD", name: "other", points: [point(64, 0.5)]),
        AccuracyCurve(panel: "Mamba", name: "Mamba", points: [point(16, 0.5)]),
      ]
    let chart = try #require(Chart.capacityCurves(curves, title: "", subtitle: ""))
    #expect(chart.variables["panel_count"] == .number(5))
    let picture = try svg(chart)
    for name in ["SSD, K = 16 (1 of 3)", "SSD, K = 16 (3 of 3)", "SSD, K = 64", "Mamba"] {
      #expect(picture.contains(">\(name)<"), "\(name)")
    }
  }

  /// Legends, names and titles stand outside the plotting areas.
  @Test(arguments: PictureWidth.allCases) func textsStandOutsideTheData(_ width: PictureWidth)
    throws
  {
    let names = ["SSD N=1", "SSD N=16", "a name that needs more than one line in a narrow picture"]
    let curves = names.map { curve("ssd", $0, shift: 4) } + [curve("mamba", "one", shift: 6)]
    let baselines = [AccuracyCurve.Sample(size: 2, accuracy: 0.5), .init(size: 32, accuracy: 0.1)]
    let chart = try #require(
      Chart.capacityCurves(
        curves, baselines: baselines, title: "A title", subtitle: "A subtitle", width: width))
    func number(_ name: String) throws -> Double {
      guard case .number(let number)? = chart.variables[name] else {
        throw CocoaError(.coderInvalidValue)
      }
      return number
    }
    let panels = try (1...Int(number("panel_count"))).map { panel in
      try Box(
        left: number("panel_left_\(panel)"), bottom: number("panel_bottom_\(panel)"),
        right: number("panel_right_\(panel)"), top: number("panel_top_\(panel)"))
    }
    var texts: [String] = []
    for index in 1...Int(try number("text_count")) {
      guard case .text(let text)? = chart.variables["text_\(index)"] else { continue }
      texts.append(text)
      // The numbers K₅₀ stand under the accuracy 0.
      if text.hasPrefix("K₅₀") { continue }
      let (x, y) = (try number("text_x_\(index)"), try number("text_y_\(index)"))
      #expect((0...1).contains(x) && (0...1).contains(y), "\(text)")
      #expect(
        !panels.contains { ($0.left...$0.right).contains(x) && ($0.bottom...$0.top).contains(y) },
        "\(text)")
    }
    #expect(texts.contains("baseline without recall") && texts.contains("SSD N=16"))
  }

  /// Names at curves' ends keep their order and do not overlap.
  @Test func namesSpread() throws {
    let places = spread(
      [(90, 20), (88, 20), (86, 40), (20, 20), (-5, 20)].map { (middle: $0.0, height: $0.1) },
      low: 0, high: 130)
    let heights = [20.0, 20, 40, 20, 20]
    for index in 1..<5 {
      let room = (heights[index - 1] + heights[index]) / 2
      #expect(places[index - 1] - places[index] >= room - 1e-9)
    }
    #expect(places[0] <= 120 && places[4] == 10 && places[3] == 30)
    #expect(spread([(50, 20)], low: 0, high: 100) == [50])
  }

  /// Accuracies without recall are dashed lines across every accuracy axis.
  @Test func baselinesAreLines() throws {
    let points = [AccuracyPoint(series: "ssd", label: "one", capacity: 0.5, accuracy: 0.8)]
    let bar = IsoCapacityBar(
      series: "ssd", requested: 1, obtained: 1, setting: "d_state 5", accuracy: 0.7, low: 0.6,
      high: 0.8, seeds: [0.7])
    func charts(_ accuracies: [Double]) throws -> [Chart?] {
      let baselines = Baselines(accuracies)
      return [
        try Chart.accuracyAgainstState(points, baselines: baselines, title: "", subtitle: ""),
        try Chart.accuracyAgainstBits(points, baselines: baselines, title: "", subtitle: ""),
        try Chart.costFrontier(points, baselines: baselines, title: "", subtitle: ""),
        Chart.isoCapacity([bar], quantity: "", baselines: baselines, title: "", subtitle: ""),
        Chart.learningRates(
          RunChartTests.rateCurves, baselines: baselines, title: "", subtitle: ""),
        Chart.training(RunChartTests.trainingCurves, baselines: baselines, title: "", subtitle: ""),
        Chart.capacityCurves(
          [curve("ssd", "one", shift: 4)],
          baselines: accuracies.map { .init(size: 4, accuracy: $0) }, title: "", subtitle: ""),
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
    let causal = try svg(
      Chart.accuracyAgainstRank(
        points, baselines: Baselines([0.3], causalBests: [0.53, 0.53]), title: "", subtitle: ""))
    #expect(causal.contains(">best of a causal model 0.53<"))
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
    #expect(cost.contains("thousands of multiply-adds") && cost.contains("best at this cost"))
  }

  /// The frontier climbs through the points that beat all cheaper ones, in steps, and on to the edge.
  @Test func frontierStepsUp() throws {
    let points = [(100.0, 0.5), (200, 0.4), (300, 0.8), (300, 0.7), (500, 0.8)].map {
      AccuracyPoint(series: "ssd", capacity: $0.0, accuracy: $0.1)
    }
    let chart = try Chart.costFrontier(points, title: "", subtitle: "")
    let frontier = try #require(chart.blocks.first { $0.name == "frontier" }).rows
    #expect(
      frontier.dropLast().map { Array($0[1...]) }
        == [["100.0", "0.5"], ["300.0", "0.5"], ["300.0", "0.8"]])
    #expect(frontier.last?[2] == "0.8")
  }
}
