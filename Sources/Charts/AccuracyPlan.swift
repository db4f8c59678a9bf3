import Foundation
import Support

/// The plotting area: pixels, and the ranges that they show.
struct AccuracyArea {
  let frame: Box
  /// log₂ of the size on the x axis.
  let octaves: ClosedRange<Double>
  /// Beyond 0…1 by a mark below and a text above.
  let accuracies = -0.07...1.12

  /// The sizes from `least`, and half an octave beyond every point.
  init(_ points: [AccuracyPoint], atLeast least: ClosedRange<Double>?, frame: Box) {
    self.frame = frame
    let sizes = points.map { log2($0.capacity) }
    let (low, high) = (sizes.min()!, sizes.max()!)
    let range = least ?? low...high
    octaves = (min(range.lowerBound, low) - 0.5)...(max(range.upperBound, high) + 0.5)
  }

  /// What the x axis shows.
  var sizes: ClosedRange<Double> { exp2(octaves.lowerBound)...exp2(octaves.upperBound) }

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
  /// The series' names, where they do not stand beside their marks.
  let legend: Legend?
  let area: AccuracyArea
  /// Sorted by series, published or not, capacity and accuracy: the order of the lines.
  private(set) var marks: [Mark]
  private(set) var labels: [Text] = []
  private(set) var names: [Text] = []
  let baselines: BaselineLines
  /// Whether marks were set side by side.
  private(set) var isCrowded = false

  struct Mark {
    let point: AccuracyPoint
    /// Counted from 1.
    let series: Int
    /// The index of its line among those of all series.
    let line: Int
    /// Of the mark, moved aside where others stand in the same place.
    var pixel: Pixel
    let low: Double
    let high: Double

    var lineKey: [Int] { [series, point.isPublished ? 1 : 0, line] }
  }

  struct Text {
    /// 0 for what belongs to several.
    let series: Int
    let text: String
    let center: Pixel
    let size: (width: Double, height: Double)
    let anchor: Pixel

    /// From the text's edge to its mark, when another mark might seem to be meant otherwise.
    var leader: (from: Pixel, to: Pixel)? {
      LabelLayout.leader(
        from: Box(center: center, width: size.width, height: size.height), to: anchor)
    }
  }

  /// - Parameters:
  ///   - baselines: accuracies of lines across the plot.
  ///   - octaves: what the x axis shows at least, as log₂; nil for what the points need.
  ///   - isOverlay: whether the series are one experiment over and over: they are named above the plot, and
  ///     marks of several that say the same share a text.
  init(
    _ points: [AccuracyPoint], baselines: [Double], atLeast octaves: ClosedRange<Double>?,
    isOverlay: Bool = false
  ) throws(AccuracyChartError) {
    if points.isEmpty { throw .noPoints }
    for point in points {
      let isDrawable =
        point.capacity > 0 && point.capacity.isFinite
        && ([point.accuracy, point.low, point.high] + point.seeds).allSatisfy((0...1).contains)
      if !isDrawable { throw .notDrawable(point) }
    }
    let series = points.map(\.series).distinct
    let lines = points.map(\.line).distinct
    var frame = Box(left: 118, bottom: 118, right: 1366, top: 764)
    legend =
      isOverlay
      ? Legend(
        series.enumerated().map { ($1, $0 + 1) }, left: frame.left, right: frame.right, top: 754)
      : nil
    if let legend { frame.top = legend.bottom - 10 }
    let area = AccuracyArea(points, atLeast: octaves, frame: frame)
    self.area = area
    self.series = series
    self.baselines = BaselineLines(baselines)
    marks = points.map { point in
      Mark(
        point: point, series: series.firstIndex(of: point.series)! + 1,
        line: lines.firstIndex(of: point.line)!,
        pixel: area.pixel(capacity: point.capacity, accuracy: point.accuracy),
        low: area.pixel(capacity: 1, accuracy: ([point.low] + point.seeds).min()!).y,
        high: area.pixel(capacity: 1, accuracy: ([point.high] + point.seeds).max()!).y)
    }
    standAside()
    marks.sort { before, after in
      before.lineKey != after.lineKey
        ? before.lineKey.lexicographicallyPrecedes(after.lineKey)
        : (before.pixel.x, before.point.accuracy) < (after.pixel.x, after.point.accuracy)
    }
    placeTexts()
  }

  var pointBlock: DataBlock {
    var rows: [[String]] = []
    for (index, mark) in marks.enumerated() {
      if index > 0, marks[index - 1].lineKey != mark.lineKey { rows.append([]) }
      let point = mark.point
      rows.append([
        "\(mark.series)", "\(area.capacity(mark.pixel))", "\(point.accuracy)", "\(point.low)",
        "\(point.high)", point.isPublished ? "1" : "0",
      ])
    }
    return DataBlock("points", rows: rows)
  }

  /// Seeds beside the mean's mark, where there are several.
  var seedBlock: DataBlock {
    let rows = marks.filter { $0.point.seeds.count > 1 }.flatMap { mark in
      mark.point.seeds.map { ["\(mark.series)", "\(area.capacity(mark.pixel))", "\($0)"] }
    }
    return DataBlock("seeds", rows: rows.isEmpty ? [["1", "1", "-9"]] : rows)
  }

  /// Steps through the points that are more accurate than every cheaper one.
  var frontier: [[String]] {
    let points = marks.map(\.point).filter { !$0.isPublished }
      .sorted { ($0.capacity, -$0.accuracy) < ($1.capacity, -$1.accuracy) }
    var rows: [[String]] = []
    var best = -1.0
    for point in points where point.accuracy > best {
      if best >= 0 { rows.append(["\(point.capacity)", "\(best)"]) }
      best = point.accuracy
      rows.append(["\(point.capacity)", "\(best)"])
    }
    return rows + [["\(area.sizes.upperBound)", "\(best)"]]
  }

  var labelBlock: DataBlock { block("labels", labels) { $0 } }
  var nameBlock: DataBlock {
    // Reading a table takes one level of backslashes away.
    block("names", names) { bold($0).replacing("\\", with: "\\\\") }
  }

  var leaderBlock: DataBlock {
    let rows = (labels + names).compactMap { text in
      text.leader.map { ["\(text.series)"] + cells($0.from) + cells($0.to) }
    }
    return DataBlock("leaders", rows: rows.isEmpty ? [["1", "1", "-9", "1", "-9"]] : rows)
  }

  // An empty table gets a row off the canvas: gnuplot refuses a block without any.
  private func block(
    _ name: String, _ texts: [Text], text: (String) -> String
  ) -> DataBlock {
    let rows = texts.map { ["\($0.series)"] + cells($0.center) + [text($0.text)] }
    return DataBlock(name, rows: rows.isEmpty ? [["1", "1", "-9", " "]] : rows)
  }

  private func cells(_ pixel: Pixel) -> [String] {
    ["\(area.capacity(pixel))", "\(area.accuracy(pixel))"]
  }
}

// MARK: - Marks that share a place

extension AccuracyPlan {
  private static let markSize = 19.0

  /// Sets marks (with their bars) side by side where they would stand on one another.
  private mutating func standAside() {
    for crowd in crowds() where crowd.count > 1 {
      isCrowded = true
      // No wider than 0.8 octaves, else a mark seems to have another capacity.
      let octave = area.pixel(capacity: 2, accuracy: 0).x - area.pixel(capacity: 1, accuracy: 0).x
      let step = min(Self.markSize + 2, 0.8 * octave / Double(crowd.count - 1))
      let middle = crowd.map { marks[$0].pixel.x }.reduce(0, +) / Double(crowd.count)
      let ordered = crowd.sorted { first, second in
        let (a, b) = (marks[first], marks[second])
        return (
          a.pixel.x.rounded(), a.line, a.series, a.point.isPublished ? 0 : 1, a.point.accuracy
        )
          < (b.pixel.x.rounded(), b.line, b.series, b.point.isPublished ? 0 : 1, b.point.accuracy)
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
    for (accuracy, text) in zip(baselines.accuracies, baselines.texts) {
      let end = area.pixel(capacity: area.sizes.upperBound, accuracy: accuracy)
      layout.avoidLine(from: Pixel(area.frame.left, end.y), to: end)
      let width = textWidth(text, em: 16)
      layout.avoid(
        Box(left: end.x - width - 12, bottom: end.y, right: end.x, top: end.y + 24),
        costPerArea: 12)
    }
    // The line at attention's state, where there is one.
    if area.octaves.contains(0) {
      layout.avoidLine(
        from: area.pixel(capacity: 1, accuracy: 0), to: area.pixel(capacity: 1, accuracy: 1))
    }

    func text(
      _ series: Int, _ text: String, em: Double, near anchors: [Pixel]
    ) -> Text {
      let size = (width: textWidth(text, em: em), height: 1.1 * em)
      let (center, anchor) = layout.place(
        width: size.width, height: size.height, near: anchors)
      return Text(series: series, text: text, center: center, size: size, anchor: anchor)
    }
    for (index, name) in series.enumerated() where legend == nil {
      let anchors = marks.filter { $0.series == index + 1 }.map(\.pixel)
      names.append(text(index + 1, name, em: Self.nameSize, near: anchors))
    }
    // One text for marks of a series, or of all in an overlay, that say the same at one capacity.
    for mark in marks {
      let point = mark.point
      func saysTheSame(_ other: Mark) -> Bool {
        (other.point.label, other.point.capacity) == (point.label, point.capacity)
          && (legend != nil || other.series == mark.series)
      }
      let anchors = marks.filter(saysTheSame).map(\.pixel)
      if point.label.isEmpty || anchors[0] != mark.pixel { continue }
      let series = legend == nil ? mark.series : 0
      labels.append(text(series, point.label, em: Self.labelSize, near: anchors))
    }
  }

  /// Pixels; 13 and 17 points in the script, the latter bold and so a tenth wider.
  private static let labelSize = 17.4
  private static let nameSize = 25.0
}
