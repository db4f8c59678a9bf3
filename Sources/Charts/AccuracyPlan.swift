import Foundation

/// The plotting area: pixels, and the ranges that they show.
struct AccuracyArea {
  let frame = Box(left: 118, bottom: 104, right: 1366, top: 762)
  /// log₂ of capacity.
  let octaves: ClosedRange<Double>
  /// Beyond 0…1 by a mark's size.
  let accuracies = -0.045...1.045

  /// At least 1/64…2, and half an octave beyond every point.
  init(_ points: [AccuracyPoint]) {
    let capacities = points.map(\.capacity)
    octaves =
      (min(-6, log2(capacities.min()!)) - 0.5)...(max(1, log2(capacities.max()!)) + 0.5)
  }

  func pixel(capacity: Double, accuracy: Double) -> Pixel {
    let across = (log2(capacity) - octaves.lowerBound) / (octaves.upperBound - octaves.lowerBound)
    let up =
      (accuracy - accuracies.lowerBound) / (accuracies.upperBound - accuracies.lowerBound)
    return Pixel(
      frame.left + across * (frame.right - frame.left),
      frame.bottom + up * (frame.top - frame.bottom))
  }

  func capacity(_ pixel: Pixel) -> Double {
    let across = (pixel.x - frame.left) / (frame.right - frame.left)
    return exp2(octaves.lowerBound + across * (octaves.upperBound - octaves.lowerBound))
  }

  func accuracy(_ pixel: Pixel) -> Double {
    let up = (pixel.y - frame.bottom) / (frame.top - frame.bottom)
    return accuracies.lowerBound + up * (accuracies.upperBound - accuracies.lowerBound)
  }
}

/// Where everything of the chart goes.
struct AccuracyPlan {
  /// In the order in which they first appear.
  let series: [String]
  let area: AccuracyArea
  /// Sorted by series, published or not, capacity and accuracy: the order of the lines.
  private(set) var marks: [Mark]
  private(set) var labels: [Text] = []
  private(set) var names: [Text] = []

  struct Mark {
    let point: AccuracyPoint
    /// Counted from 1.
    let series: Int
    /// Of the mark, moved aside where others stand in the same place.
    var pixel: Pixel
    let low: Double
    let high: Double

    var lineKey: [Int] { [series, point.isPublished ? 1 : 0] }
  }

  struct Text {
    let series: Int
    let text: String
    let center: Pixel
  }

  init(_ points: [AccuracyPoint]) throws(AccuracyChartError) {
    if points.isEmpty { throw .noPoints }
    for point in points {
      let isDrawable =
        point.capacity > 0 && point.capacity.isFinite
        && [point.accuracy, point.low, point.high].allSatisfy((0...1).contains)
      if !isDrawable { throw .notDrawable(point) }
    }
    let area = AccuracyArea(points)
    let series = points.map(\.series).reduce(into: [String]()) { names, name in
      if !names.contains(name) { names.append(name) }
    }
    self.area = area
    self.series = series
    marks = points.map { point in
      Mark(
        point: point, series: series.firstIndex(of: point.series)! + 1,
        pixel: area.pixel(capacity: point.capacity, accuracy: point.accuracy),
        low: area.pixel(capacity: 1, accuracy: point.low).y,
        high: area.pixel(capacity: 1, accuracy: point.high).y)
    }
    standAside()
    marks.sort { before, after in
      (before.series, before.point.isPublished ? 1 : 0, before.pixel.x, before.point.accuracy)
        < (after.series, after.point.isPublished ? 1 : 0, after.pixel.x, after.point.accuracy)
    }
    placeTexts()
  }

  var pointBlock: DataBlock {
    DataBlock(
      "points",
      rows: marks.map { mark in
        let point = mark.point
        return [
          "\(mark.series)", "\(area.capacity(mark.pixel))", "\(point.accuracy)", "\(point.low)",
          "\(point.high)", point.isPublished ? "1" : "0",
        ]
      })
  }

  var labelBlock: DataBlock { block("labels", labels) { $0 } }
  var nameBlock: DataBlock { block("names", names, text: bold) }

  private func block(
    _ name: String, _ texts: [Text], text: (String) -> String
  ) -> DataBlock {
    // A row off the canvas: gnuplot refuses a block without any.
    let none = [["1", "1", "-9", " "]]
    let rows = texts.map { each in
      [
        "\(each.series)", "\(area.capacity(each.center))", "\(area.accuracy(each.center))",
        text(each.text),
      ]
    }
    return DataBlock(name, rows: rows.isEmpty ? none : rows)
  }
}

// MARK: - Marks that share a place

extension AccuracyPlan {
  private static let markSize = 20.0

  /// Sets marks (with their bars) side by side where they would stand on one another.
  private mutating func standAside() {
    for crowd in crowds() where crowd.count > 1 {
      // No wider than 0.8 octaves, else a mark seems to have another capacity.
      let octave = area.pixel(capacity: 2, accuracy: 0).x - area.pixel(capacity: 1, accuracy: 0).x
      let step = min(Self.markSize + 3, 0.8 * octave / Double(crowd.count - 1))
      let middle = crowd.map { marks[$0].pixel.x }.reduce(0, +) / Double(crowd.count)
      let ordered = crowd.sorted { first, second in
        let (a, b) = (marks[first], marks[second])
        return (a.pixel.x.rounded(), a.series, a.point.isPublished ? 0 : 1, a.point.accuracy)
          < (b.pixel.x.rounded(), b.series, b.point.isPublished ? 0 : 1, b.point.accuracy)
      }
      for (place, index) in ordered.enumerated() {
        marks[index].pixel.x = middle + (Double(place) - Double(crowd.count - 1) / 2) * step
      }
    }
  }

  /// Groups of marks, by index, of which each touches another one of its group.
  private func crowds() -> [[Int]] {
    var crowds: [[Int]] = []
    for index in marks.indices {
      let touched = crowds.filter { $0.contains { touch(marks[$0], marks[index]) } }
      crowds.removeAll { touched.contains($0) }
      crowds.append(touched.flatMap { $0 } + [index])
    }
    return crowds
  }

  private func touch(_ first: Mark, _ second: Mark) -> Bool {
    let half = Self.markSize / 2
    func span(_ mark: Mark) -> (Double, Double) {
      (min(mark.low, mark.pixel.y - half), max(mark.high, mark.pixel.y + half))
    }
    let (a, b) = (span(first), span(second))
    return abs(first.pixel.x - second.pixel.x) < Self.markSize && a.0 < b.1 && b.0 < a.1
  }
}

// MARK: - Texts

extension AccuracyPlan {
  private mutating func placeTexts() {
    var layout = LabelLayout(frame: area.frame)
    for mark in marks {
      layout.avoid(
        Box(center: mark.pixel, width: Self.markSize + 4, height: Self.markSize + 4))
      layout.avoid(
        Box(
          left: mark.pixel.x - 4, bottom: mark.low - 2, right: mark.pixel.x + 4,
          top: mark.high + 2))
    }
    for (mark, next) in zip(marks, marks.dropFirst()) where mark.lineKey == next.lineKey {
      layout.avoidLine(from: mark.pixel, to: next.pixel)
    }
    layout.avoidLine(
      from: area.pixel(capacity: 1, accuracy: 0), to: area.pixel(capacity: 1, accuracy: 1))

    for (index, name) in series.enumerated() {
      let anchors = marks.filter { $0.series == index + 1 }.map(\.pixel)
      let center = layout.place(width: 13.2 * Double(name.count), height: 24, near: anchors)
      names.append(Text(series: index + 1, text: name, center: center))
    }
    var labelled: Set<[String]> = []
    // Measured before published: of two equal labels at one capacity the measured one stays.
    for mark in marks.sorted(by: { !$0.point.isPublished && $1.point.isPublished }) {
      let (point, text) = (mark.point, mark.point.label)
      let key = [point.series, text, "\(point.capacity)"]
      if text.isEmpty || !labelled.insert(key).inserted { continue }
      let center = layout.place(
        width: 9.5 * Double(text.count), height: 18, near: [mark.pixel])
      labels.append(Text(series: mark.series, text: text, center: center))
    }
  }
}
