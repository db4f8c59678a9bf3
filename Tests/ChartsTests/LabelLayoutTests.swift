import Charts
import Foundation
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
    let label = LabelLayout.Label(width: 120, height: 18, anchors: [mark])
    for (center, anchor) in layout.arrange(.init(repeating: label, count: 5)) {
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
    let (center, _) = layout.arrange([
      .init(width: 100, height: 18, anchors: [Pixel(500, 300)])
    ])[0]
    #expect(abs(center.y - 300) >= 12)
  }

  @Test func freerAnchorIsChosen() {
    var layout = LabelLayout(frame: frame)
    layout.avoid(Box(left: 0, bottom: 0, right: 500, top: 600))
    let (_, anchor) = layout.arrange([
      .init(width: 100, height: 18, anchors: [Pixel(250, 300), Pixel(750, 300)])
    ])[0]
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
    let rows = try ["marks", "published"].flatMap { name in
      try #require(chart.blocks.first { $0.name == name }).rows
    }
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
    let label = LabelLayout.Label(width: 100, height: 18, anchors: [Pixel(500, 300)])
    for (center, anchor) in layout.arrange(.init(repeating: label, count: 6)) {
      let box = Box(center: center, width: 100, height: 18)
      if let leader = LabelLayout.leader(from: box, to: anchor) {
        #expect(abs(leader.from.x - leader.to.x) >= 0.5 * abs(leader.from.y - leader.to.y))
      }
    }
  }

  /// A text that came first gives way to one that has fewer places.
  @Test func earlierTextsMoveAgain() {
    var layout = LabelLayout(frame: Box(left: 0, bottom: 0, right: 400, top: 60))
    layout.avoid(Box(left: 200, bottom: 0, right: 400, top: 20), costPerArea: 50)
    layout.avoid(Box(left: 200, bottom: 40, right: 400, top: 60), costPerArea: 50)
    let places = layout.arrange([
      .init(width: 100, height: 16, anchors: [Pixel(130, 30)]),
      .init(width: 100, height: 16, anchors: [Pixel(180, 30)]),
    ])
    let boxes = places.map { Box(center: $0.center, width: 100, height: 16) }
    #expect(boxes[0].overlap(boxes[1]) == 0)
    #expect(places[0].center.x < 130 && places[1].center.x > 180)
  }

  /// The texts that a chart places, in the order of the picture's labels.
  private func texts(_ chart: Chart) -> [String] {
    chart.variables.compactMap { name, value -> String? in
      guard case .text(let text) = value, name.wholeMatch(of: /text_\d+/) != nil else { return nil }
      return text
    }
  }

  @Test func panelsShareALegendAndLinesShareTexts() throws {
    func points(panels: Bool) -> [AccuracyPoint] {
      [("64 tokens", 0.9), ("1024 tokens", 0.88)].flatMap { panel, accuracy in
        ["a", "b"].flatMap { line in
          [0.25, 1].map { capacity in
            AccuracyPoint(
              panel: panels ? panel : "", series: "SSD", line: line, label: "\(line) layers",
              capacity: capacity, accuracy: capacity * accuracy)
          }
        }
      }
    }
    let panels = try Chart.accuracyAgainstState(points(panels: true), title: "", subtitle: "")
    #expect(panels.variables["panel_count"] == .number(2))
    let texts = texts(panels)
    // In each panel one text for each line; the legend names the series once.
    #expect(texts.count { $0 == "a layers" } == 2 && texts.count { $0 == "b layers" } == 2)
    #expect(texts.count { $0 == "SSD" } == 1 && texts.count { $0.contains("64 tokens") } == 1)
    let block = try #require(panels.blocks.first { $0.name == "lines" })
    #expect(block.rows.map(\.count) == [4, 4, 0, 4, 4, 0, 4, 4, 0, 4, 4])

    let plain = try Chart.accuracyAgainstState(points(panels: false), title: "", subtitle: "")
    #expect(plain.variables["panel_count"] == .number(1))
    #expect(self.texts(plain).count { $0.contains("SSD") } == 1)
  }

  /// Names that can be read beside their marks stand there; of a crowd the legend above the panel has them.
  @Test func namesThatCannotBeReadMoveToTheLegend() throws {
    func areAbovePanel(_ names: [String], _ points: [AccuracyPoint]) throws -> [Bool] {
      let chart = try Chart.accuracyAgainstState(points, title: "", subtitle: "")
      guard case .number(let top)? = chart.variables["panel_top_1"] else { return [] }
      return names.flatMap { name in
        chart.variables.compactMap { key, value -> Bool? in
          guard case .text(let text) = value, text.contains(name),
            let number = key.wholeMatch(of: /text_(\d+)/)?.1,
            case .number(let y)? = chart.variables["text_y_\(number)"]
          else { return nil }
          return y > top
        }
      }
    }
    let names = (0..<7).map { "a mixer of the kind \($0)" }
    let apart = names.enumerated().map { index, name in
      AccuracyPoint(
        series: name, capacity: exp2(-Double(index) / 2), accuracy: 0.8 - 0.1 * Double(index))
    }
    #expect(try areAbovePanel(names, apart) == names.map { _ in false })
    let crowd = names.map { AccuracyPoint(series: $0, capacity: 0.5, accuracy: 1) }
    #expect(try areAbovePanel(names, crowd) == names.map { _ in true })
  }

  @Test func linesBreakBetweenWordsAndWideLetters() {
    #expect(wrapped("one two three", to: 70, size: 12, most: 3) == ["one two", "three"])
    #expect(wrapped("状态越大记得越多", to: 70, size: 12, most: 4).map(\.count) == [4, 4])
    #expect(wrapped("one two three four", to: 70, size: 12, most: 1)[0].hasSuffix("…"))
    #expect(wrapped("", to: 70, size: 12, most: 3).isEmpty)
    #expect(textWidth("状态", em: 10) == 20)
  }

  /// A text on another one, on a mark, or far from its mark is left out; the other one stays.
  @Test func unreadableTextsAreFound() {
    var layout = LabelLayout(frame: Box(left: 0, bottom: 0, right: 1000, top: 1000))
    layout.avoid(Box(center: Pixel(500, 500), width: 20, height: 20), costPerArea: 10)
    func label(_ x: Double, _ y: Double) -> LabelLayout.Label {
      .init(width: 60, height: 20, anchors: [Pixel(x, y)])
    }
    func left(_ places: [(center: Pixel, anchor: Pixel)]) -> Set<Int> {
      layout.unreadable(places.map { label($0.anchor.x, $0.anchor.y) }, at: places)
    }
    let beside = (center: Pixel(140, 100), anchor: Pixel(100, 100))
    #expect(left([beside]) == [])
    #expect(left([beside, (Pixel(150, 105), Pixel(110, 105))]) == [1])
    #expect(left([beside, (Pixel(500, 505), Pixel(465, 505))]) == [1])
    #expect(left([(Pixel(140, 300), Pixel(100, 100)), beside]) == [0])
    #expect(left([(Pixel(990, 100), Pixel(950, 100))]) == [0])
    // Another mark is nearer than its own, or stands on the way of its leader.
    #expect(left([(Pixel(545, 500), Pixel(597, 500))]) == [0])
    #expect(left([(Pixel(560, 500), Pixel(597, 500))]) == [])
    #expect(left([(Pixel(550, 500), Pixel(470, 500))]) == [0])
  }
}
