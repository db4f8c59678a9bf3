/// The answers whose pair lies in a range of positions and whose query follows at a range of distances.
public struct ErrorCell: Hashable, Sendable {
  /// The position of the pair in the example, in tokens.
  public var position: Range<Int>
  /// The distance from the pair to the query, in tokens.
  public var gap: Range<Int>
  /// How many answers there are; a cell with none stays blank.
  public var answers: Int
  public var right: Int

  public init(position: Range<Int>, gap: Range<Int>, answers: Int, right: Int) {
    self.position = position
    self.gap = gap
    self.answers = answers
    self.right = right
  }
}

extension Chart {
  /// The share of wrong answers by position of the pair and by gap. Nil if no cell has answers.
  public static func errorHeatmap(
    _ cells: [ErrorCell], title: String, subtitle: String
  ) -> Chart? {
    let cells = cells.filter { $0.answers > 0 }
    guard let position = union(cells.map(\.position)), let gap = union(cells.map(\.gap)) else {
      return nil
    }
    let frame = Box(left: 118, bottom: 118, right: 1239, top: 783)
    return Chart(
      .errorHeatmap,
      variables: [
        "x_low": .number(Double(position.lowerBound)),
        "x_high": .number(Double(position.upperBound)),
        "y_low": .number(Double(gap.lowerBound)), "y_high": .number(Double(gap.upperBound)),
      ].merging(frame.headings(title, subtitle)) { $1 }.merging(frame.variables) { $1 },
      blocks: [
        DataBlock(
          "cells",
          rows: cells.map { cell in
            let ends = [
              cell.position.lowerBound, cell.position.upperBound, cell.gap.lowerBound,
              cell.gap.upperBound,
            ]
            let wrong = 100 * Double(cell.answers - cell.right) / Double(cell.answers)
            return ends.map(String.init) + ["\(wrong)"]
          })
      ])
  }
}

/// The smallest range that contains all ranges; nil if there are none.
private func union(_ ranges: [Range<Int>]) -> Range<Int>? {
  guard let low = ranges.map(\.lowerBound).min(), let high = ranges.map(\.upperBound).max() else {
    return nil
  }
  return low..<high
}
