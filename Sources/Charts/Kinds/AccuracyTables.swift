import Foundation
import Support

/// The tables that `plots/parts/accuracy-plane.gp` reads.
extension AccuracyLayout {
  var measured: [Mark] { marks.filter { !$0.point.isPublished } }
  var published: [Mark] { marks.filter(\.point.isPublished) }

  var blocks: [DataBlock] {
    [
      DataBlock("lines", rows: lines(measured)),
      DataBlock("published_lines", rows: lines(published)),
      DataBlock("marks", rows: filled(measured.map { row($0, mark: $0.style.mark) })),
      DataBlock("published", rows: filled(published.map { row($0, mark: $0.style.hollowMark) })),
      DataBlock("edges", rows: filled(marks.filter(\.style.isHybrid).map(edge))),
      DataBlock("seeds", rows: filled(seeds)),
      DataBlock("frontier", rows: filled(plane == .cost ? frontier : [])),
    ]
  }

  /// Panel, capacity, accuracy, low, high, mark, colour.
  private func row(_ mark: Mark, mark number: Int) -> [String] {
    let point = mark.point
    return start(mark) + [
      "\(point.accuracy)", "\(point.low)", "\(point.high)", "\(number)",
      "\(mark.style.colour.rgb)",
    ]
  }

  private func edge(_ mark: Mark) -> [String] {
    start(mark) + ["\(mark.point.accuracy)", "0", "0", "\(mark.style.hollowMark)", "0"]
  }

  /// Panel, capacity, accuracy, colour; an empty row between lines.
  private func lines(_ marks: [Mark]) -> [[String]] {
    var rows: [[String]] = []
    for (index, mark) in marks.enumerated() {
      if index > 0, marks[index - 1].lineKey != mark.lineKey { rows.append([]) }
      rows.append(start(mark) + ["\(mark.point.accuracy)", "\(mark.style.colour.rgb)"])
    }
    return filled(rows)
  }

  /// Panel, capacity, accuracy, colour: one row for each seed of points with several seeds.
  private var seeds: [[String]] {
    marks.filter { $0.point.seeds.count > 1 }.flatMap { mark in
      mark.point.seeds.map { start(mark) + ["\($0)", "\(mark.style.colour.rgb)"] }
    }
  }

  private func start(_ mark: Mark) -> [String] {
    ["\(mark.panel + 1)", "\(axes[mark.panel].x(mark.pixel))"]
  }

  /// A staircase through the points that are more accurate than all cheaper ones.
  private var frontier: [[String]] {
    let points = measured.map(\.point)
      .sorted { ($0.capacity, -$0.accuracy) < ($1.capacity, -$1.accuracy) }
    var rows: [[String]] = []
    var best = -1.0
    for point in points where point.accuracy > best {
      if best >= 0 { rows.append(["1", "\(point.capacity)", "\(best)"]) }
      best = point.accuracy
      rows.append(["1", "\(point.capacity)", "\(best)"])
    }
    return rows + [["1", "\(axes[0].x.range.upperBound)", "\(best)"]]
  }
}

/// The rows, or one of no panel if there are none: gnuplot refuses an empty table.
func filled(_ rows: [[String]]) -> [[String]] {
  rows.contains { !$0.isEmpty } ? rows : [["0", "1", "0", "0", "0", "7", "0"]]
}
