import Foundation

/// Where each mark, line and text of an accuracy chart goes.
struct AccuracyLayout {
  /// The series' names, in the order in which they first appear.
  let series: [String]
  /// The legend above the plot; nil where each series is named beside its marks.
  let legend: Legend?
  let area: PlotArea
  /// Sorted by series, published or not, capacity and accuracy: the order of the lines.
  var marks: [Mark]
  var labels: [Text] = []
  var names: [Text] = []
  let baselines: BaselineLines
  /// Whether overlapping marks were moved apart.
  var hasMovedMarks = false

  struct Mark {
    let point: AccuracyPoint
    /// Counted from 1.
    let series: Int
    /// The index of its line among those of all series.
    let line: Int
    /// The middle of the mark; moved sideways where marks overlap.
    var pixel: Pixel
    /// The ends of its bar and of its seeds, in pixels.
    let low: Double
    let high: Double

    var lineKey: [Int] { [series, point.isPublished ? 1 : 0, line] }
  }

  struct Text {
    /// Counted from 1; 0 for a text of several series.
    let series: Int
    let text: String
    let center: Pixel
    let size: (width: Double, height: Double)
    let anchor: Pixel

    /// The line from the text to its mark; nil where the text is so close that no line is needed.
    var leader: (from: Pixel, to: Pixel)? {
      LabelLayout.leader(
        from: Box(center: center, width: size.width, height: size.height), to: anchor)
    }
  }

  /// - Parameters:
  ///   - baselines: accuracies without recall; each gets a dashed line.
  ///   - octaves: the least range of the x axis, as log₂; nil for the range of the points.
  ///   - isOverlay: whether every series is the same experiment, for example at several lengths. Then a legend
  ///     names the series, and marks with one label and size share one text.
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
    let area = PlotArea(points, atLeast: octaves, frame: frame)
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
    moveOverlappingMarks()
    marks.sort { before, after in
      before.lineKey != after.lineKey
        ? before.lineKey.lexicographicallyPrecedes(after.lineKey)
        : (before.pixel.x, before.point.accuracy) < (after.pixel.x, after.point.accuracy)
    }
    layOutTexts()
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

  /// The accuracy of each seed, at points with several seeds.
  var seedBlock: DataBlock {
    let rows = marks.filter { $0.point.seeds.count > 1 }.flatMap { mark in
      mark.point.seeds.map { ["\(mark.series)", "\(area.capacity(mark.pixel))", "\($0)"] }
    }
    return DataBlock("seeds", rows: rows.isEmpty ? [["1", "1", "-9"]] : rows)
  }

  /// A staircase through the points that are more accurate than all cheaper ones.
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
    // gnuplot removes one level of backslashes when it reads a table.
    block("names", names) { bold($0).replacing("\\", with: "\\\\") }
  }

  var leaderBlock: DataBlock {
    let rows = (labels + names).compactMap { text in
      text.leader.map { ["\(text.series)"] + cells($0.from) + cells($0.to) }
    }
    return DataBlock("leaders", rows: rows.isEmpty ? [["1", "1", "-9", "1", "-9"]] : rows)
  }

  // gnuplot refuses an empty block, so an empty table gets a row that is off the canvas.
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
