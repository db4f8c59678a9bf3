import Foundation

/// Moves marks that overlap beside each other.
extension AccuracyLayout {
  static let markSize = 19.0

  /// Puts marks that overlap, with their bars, side by side around their common middle.
  mutating func moveOverlappingMarks() {
    for group in overlappingGroups() where group.count > 1 {
      hasMovedMarks = true
      // A group is at most 0.8 octaves wide, so that no mark seems to have another size.
      let octave = area.pixel(capacity: 2, accuracy: 0).x - area.pixel(capacity: 1, accuracy: 0).x
      let step = min(Self.markSize + 2, 0.8 * octave / Double(group.count - 1))
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

  /// Groups of indices of marks: each mark touches another mark of its group.
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
    let half = Self.markSize / 2
    func span(_ mark: Mark) -> (Double, Double) {
      (min(mark.low, mark.pixel.y - half), max(mark.high, mark.pixel.y + half))
    }
    let (a, b) = (span(first), span(second))
    return abs(first.pixel.x - second.pixel.x) < Self.markSize && a.0 < b.1 && b.0 < a.1
  }
}
