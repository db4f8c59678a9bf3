import Foundation
import Support

extension Chart {
  /// The most cells of a side; larger matrices are thinned to the largest element of each cell.
  public static let mostMatrixCells = 96

  /// Sizes below this share of the largest are blank.
  private static let least = 1e-4

  /// How large the elements of a square matrix are, relative to the largest. Nil if none is above 0.
  ///
  /// - Parameters:
  ///   - matrix: [length, length], row major; a row reads, a column is read.
  ///   - cut: where a line is drawn between tokens.
  public static func matrix(
    _ matrix: [Double], length: Int, cut: Int?, title: String, subtitle: String,
    width: PictureWidth = .screen
  ) -> Chart? {
    let step = (length + mostMatrixCells - 1) / mostMatrixCells
    let cells = magnitudes(matrix, length, step)
    guard let largest = cells.map(\.size).max(), largest > 0, largest.isFinite else { return nil }
    var figure = Figure(
      .init(
        title: title, subtitle: subtitle, x: "token that is read", y: "token that reads",
        notes: [
          "Blank: 0, or less than \(least) of the largest element.",
          step > 1 ? "Each cell shows the largest of \(step) by \(step) elements." : "",
          cut.map { "Line: the cut before token \($0)." } ?? "",
        ]), width: width, right: Figure.endBesideColours(width))
    let range = 0...Double(length)
    let axes = PanelAxes(
      frame: figure.frames[0], x: .init(range: range, tics: "autofreq"),
      // Row 0 is at the top, as matrices are written.
      y: .init(range: range, tics: "autofreq"))
    figure.setAxes(axes, ofPanel: 0)
    figure.nameColours("size / largest")
    let shown = cells.filter { $0.size > least * largest }
    return Chart(
      .matrix, width: width, height: figure.height, title: title,
      summary: ChartKind.matrix.summary,
      variables: figure.variables.merging([
        "cut": .number(Double(cut ?? -1)), "tokens": .number(Double(length)),
      ]) { $1 },
      blocks: [
        DataBlock(
          "cells",
          rows: shown.map { cell in
            let ends = [
              cell.column, min(length, cell.column + step), cell.row, min(length, cell.row + step),
            ]
            return ends.map(String.init) + ["\(log10(cell.size / largest))"]
          })
      ], tips: [:])
  }

  private static func magnitudes(
    _ matrix: [Double], _ length: Int, _ step: Int
  ) -> [(row: Int, column: Int, size: Double)] {
    let starts = Array(stride(from: 0, to: length, by: step))
    return starts.flatMap { row in
      starts.map { column in
        var size = 0.0
        for r in row..<min(length, row + step) {
          for c in column..<min(length, column + step) {
            size = max(size, abs(matrix[r * length + c]))
          }
        }
        return (row, column, size)
      }
    }
  }
}
