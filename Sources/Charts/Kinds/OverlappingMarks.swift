import Foundation

/// Moves marks that coincide apart, by a few pixels.
extension AccuracyLayout {
  var markSize: Double { 19 * figure.width.markScale }
  /// The most that a mark is moved, in units: too little to seem another size.
  static let largestMove = 7.0

  /// Puts marks of one size that overlap, with their bars, side by side around their x.
  mutating func moveCoincidingMarks() {
    for group in overlappingGroups() where group.count > 1 {
      let step = 2 * Self.largestMove * figure.width.markScale / Double(group.count - 1)
      let middle = group.map { marks[$0].pixel.x }.reduce(0, +) / Double(group.count)
      let ordered = group.sorted { first, second in
        let (a, b) = (marks[first], marks[second])
        return (
          a.pixel.x.rounded(), a.line, a.series, a.point.isPublished ? 0 : 1, a.point.accuracy
        )
          < (b.pixel.x.rounded(), b.line, b.series, b.point.isPublished ? 0 : 1, b.point.accuracy)
      }
      for (rank, index) in ordered.enumerated() {
        marks[index].pixel.x = middle + (Double(rank) - Double(group.count - 1) / 2) * step
      }
    }
  }

  /// Groups of indices of marks: each mark touches another mark of its group that has its size.
  private func overlappingGroups() -> [[Int]] {
    var groups: [[Int]] = []
    for index in marks.indices {
      let touched = groups.filter { $0.contains { touch(marks[$0], marks[index]) } }
      groups.removeAll { touched.contains($0) }
      groups.append(touched.flatMap { $0 } + [index])
    }
    return groups
  }

  private func touch(_ first: Mark, _ second: Mark) -> Bool {
    let half = markSize / 2
    func span(_ mark: Mark) -> (Double, Double) {
      (min(mark.low, mark.pixel.y - half), max(mark.high, mark.pixel.y + half))
    }
    let (a, b) = (span(first), span(second))
    return first.panel == second.panel && abs(first.pixel.x - second.pixel.x) < 1 && a.0 < b.1
      && b.0 < a.1
  }
}
