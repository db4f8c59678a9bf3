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
    _ cells: [ErrorCell], title: String, subtitle: String, width: PictureWidth = .screen
  ) -> Chart? {
    let cells = cells.filter { $0.answers > 0 }
    guard let position = union(cells.map(\.position)), let gap = union(cells.map(\.gap)) else {
      return nil
    }
    let isColumn = width == .column
    let right = Figure.endBesideColours(width)
    // Numbers are as large as the narrowest cell lets them be, or left out.
    let narrowest = cells.map(\.position.count).min()!
    let room = (right - width.left) * Double(narrowest) / Double(position.count)
    let size = min(width.sizes.label, (room - 4) / textWidth("100", em: em(1)))
    let isNumbered = size >= 8.5
    var figure = Figure(
      .init(
        title: title, subtitle: subtitle,
        x: isColumn
          ? "position of the pair (tokens)"
          : "position of the pair (tokens from the start of the example)",
        y: "gap between pair and query (tokens)",
        notes: [
          isNumbered ? "Number: percent of the cell's answers that are wrong." : "",
          "Blank: no answers.",
        ]), width: width, right: right)
    let axes = PanelAxes(
      frame: figure.frames[0],
      x: .init(
        range: Double(position.lowerBound)...Double(position.upperBound), tics: tics(position)),
      y: .init(range: Double(gap.lowerBound)...Double(gap.upperBound), tics: tics(gap)))
    figure.setAxes(axes, ofPanel: 0)
    figure.nameColours("wrong answers (%)")
    func share(_ cell: ErrorCell) -> Double {
      100 * Double(cell.answers - cell.right) / Double(cell.answers)
    }
    return Chart(
      .errorHeatmap, width: width, height: figure.height, title: title,
      summary: ChartKind.errorHeatmap.summary,
      variables: figure.variables.merging([
        "number_size": .number(isNumbered ? size : 0)
      ]) { $1 },
      blocks: [
        DataBlock(
          "cells",
          rows: cells.map { cell in
            let ends = [
              cell.position.lowerBound, cell.position.upperBound, cell.gap.lowerBound,
              cell.gap.upperBound,
            ]
            return ends.map(String.init) + ["\(share(cell))"]
          })
      ],
      tips: [
        "cells": cells.map { cell in
          "position \(cell.position.lowerBound)–\(cell.position.upperBound - 1), "
            + "gap \(cell.gap.lowerBound)–\(cell.gap.upperBound - 1)\n"
            + "\(cell.answers - cell.right) of \(cell.answers) answers wrong"
        }
      ])
  }

  /// Tokens are whole.
  private static func tics(_ range: Range<Int>) -> String { range.count <= 8 ? "1" : "autofreq" }
}

/// The smallest range that contains all ranges; nil if there are none.
private func union(_ ranges: [Range<Int>]) -> Range<Int>? {
  guard let low = ranges.map(\.lowerBound).min(), let high = ranges.map(\.upperBound).max() else {
    return nil
  }
  return low..<high
}
