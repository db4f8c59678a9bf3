import Charts
import Testing

/// Texts, marks and lines of a chart do not overlap.
@Suite struct LabelLayoutTests {
  private let frame = Box(left: 0, bottom: 0, right: 1000, top: 600)

  @Test func textsAroundOneMarkKeepApart() {
    var layout = LabelLayout(frame: frame)
    let mark = Pixel(960, 580)
    let markBox = Box(center: mark, width: 20, height: 20)
    layout.avoid(markBox)
    var boxes = [markBox]
    for _ in 0..<5 {
      let (center, anchor) = layout.place(width: 120, height: 18, near: [mark])
      #expect(anchor == mark)
      boxes.append(Box(center: center, width: 120, height: 18))
    }
    for (index, box) in boxes.enumerated() {
      #expect(box.left >= 0 && box.right <= 1000 && box.bottom >= 0 && box.top <= 600)
      for other in boxes[..<index] { #expect(box.overlap(other) == 0) }
    }
  }

  @Test func textKeepsOffALine() {
    var layout = LabelLayout(frame: frame)
    layout.avoidLine(from: Pixel(400, 300), to: Pixel(600, 300))
    let (center, _) = layout.place(width: 100, height: 18, near: [Pixel(500, 300)])
    #expect(abs(center.y - 300) >= 12)
  }

  @Test func freerAnchorIsChosen() {
    var layout = LabelLayout(frame: frame)
    layout.avoid(Box(left: 0, bottom: 0, right: 500, top: 600))
    let (_, anchor) = layout.place(
      width: 100, height: 18, near: [Pixel(250, 300), Pixel(750, 300)])
    #expect(anchor == Pixel(750, 300))
  }

  /// Data stands at its x: marks of one size are a few pixels apart, others stay.
  @Test func coincidingMarksMoveApartAndOthersStay() throws {
    let points = [
      AccuracyPoint(series: "attention", capacity: 1, accuracy: 1),
      AccuracyPoint(series: "ssd", capacity: 1, accuracy: 0.99),
      AccuracyPoint(series: "ssd", capacity: 1, accuracy: 0.985, isPublished: true),
      AccuracyPoint(series: "ssd", capacity: 1, accuracy: 0.5),
      AccuracyPoint(series: "mamba", capacity: 0.25, accuracy: 0.5),
      AccuracyPoint(series: "ssd", capacity: 0.26, accuracy: 0.5),
    ]
    let chart = try Chart.accuracyAgainstState(points, title: "", subtitle: "")
    let block = try #require(chart.blocks.first { $0.name == "points" })
    let rows = block.rows.filter { !$0.isEmpty }
    let capacities = try rows.map { try #require(Double($0[1])) }
    let accuracies = rows.map { $0[2] }
    let crowd = zip(capacities, accuracies).filter { $0.1 >= "0.9" }.map(\.0).sorted()
    #expect(crowd.count == 3)
    #expect(zip(crowd, crowd.dropFirst()).allSatisfy { $1 / $0 > 1.01 })
    #expect(crowd.allSatisfy { (0.95...1.05).contains($0) })
    for (capacity, accuracy) in zip(capacities, accuracies) where accuracy == "0.5" {
      #expect([1, 0.25, 0.26].contains { abs(capacity - $0) < 1e-9 })
    }
  }

  /// A vertical line from a text to its mark would look like an interval's bar.
  @Test func leadersAreNotVertical() {
    var layout = LabelLayout(frame: frame)
    layout.avoid(Box(left: 400, bottom: 270, right: 600, top: 330))
    for _ in 0..<6 {
      let (center, anchor) = layout.place(width: 100, height: 18, near: [Pixel(500, 300)])
      let box = Box(center: center, width: 100, height: 18)
      if let leader = LabelLayout.leader(from: box, to: anchor) {
        #expect(abs(leader.from.x - leader.to.x) >= 0.5 * abs(leader.from.y - leader.to.y))
      }
    }
  }

  @Test func overlaidSeriesShareTextsAndAreNamedAbove() throws {
    let points = [("64 tokens", 0.9), ("1024 tokens", 0.88)].flatMap { series, accuracy in
      [
        AccuracyPoint(
          series: series, line: "a", label: "a", capacity: 0.25, accuracy: accuracy / 2),
        AccuracyPoint(series: series, line: "a", label: "a", capacity: 1, accuracy: accuracy),
        AccuracyPoint(series: series, line: "b", label: "b", capacity: 1, accuracy: 0.5),
      ]
    }
    func chart(isOverlay: Bool) throws -> Chart {
      try .accuracyAgainstState(points, isOverlay: isOverlay, title: "", subtitle: "")
    }
    func rows(_ name: String, _ chart: Chart) throws -> [[String]] {
      try #require(chart.blocks.first { $0.name == name }).rows
    }
    let overlay = try chart(isOverlay: true)
    #expect(
      try rows("labels", overlay).map { [$0[0], $0[3]] }.sorted { $0[1] < $1[1] }
        == [["0", "a"], ["0", "a"], ["0", "b"]])
    #expect(overlay.variables["legend_count"] == .number(2))
    #expect(overlay.variables["legend_text_2"] == .text("1024 tokens"))
    #expect(try rows("names", overlay).map { $0[3] } == [" "])
    // A line of a's two points and a point of b's, of either series.
    #expect(try rows("points", overlay).map(\.count) == [6, 6, 0, 6, 0, 6, 6, 0, 6])

    let plain = try chart(isOverlay: false)
    #expect(try rows("labels", plain).count == 6)
    #expect(plain.variables["legend_count"] == .number(0))
    #expect(try rows("names", plain).count == 2)
  }
}
