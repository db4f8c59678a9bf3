import Charts
import Foundation
import PlotFiles
import Testing

/// The heat map of a mixing matrix, and the curve of what crosses each cut.
@Suite struct MatrixChartTests {
  private let scripts = try! ProjectFolder.find(
    environment: [:], startingAt: [URL(filePath: #filePath)]
  ).appending(path: "plots")

  private func svg(_ chart: Chart?) throws -> String {
    let folder = try TemporaryFolder()
    let pictures = try #require(chart).draw(
      to: folder.url.appending(path: "chart"), formats: [.svg, .png], scripts: scripts)
    return try String(contentsOf: pictures[0], encoding: .utf8)
  }

  private func lower(_ length: Int) -> [Double] {
    (0..<length * length).map { $0 / length >= $0 % length ? -1 : 0 }
  }

  /// A rectangle for each element above the smallest share; larger matrices are thinned.
  @Test func elementsAreCells() throws {
    func cells(_ chart: Chart?) -> Int { chart?.blocks[0].rows.count ?? 0 }
    func chart(_ matrix: [Double], _ length: Int) -> Chart? {
      Chart.matrix(matrix, length: length, cut: nil, title: "a", subtitle: "b")
    }
    #expect(cells(chart(lower(8), 8)) == 36)
    #expect(cells(chart([1, 0, 2e-4, 0.9e-4], 2)) == 2)
    // 200 tokens: 67 cells a side, of 3 tokens each.
    #expect(cells(chart(lower(200), 200)) == 67 * 68 / 2)
    #expect(chart([0, 0, 0, 0], 2) == nil)
    #expect(chart([0, .infinity, 0, 0], 2) == nil)
    let text = try svg(
      Chart.matrix(lower(200), length: 200, cut: 100, title: "Mixing matrix of a_b", subtitle: "x"))
    for words in [
      "Mixing matrix of a_b", "token that is read", "largest of 3 by 3 elements",
      "the cut before token 100", "size / largest",
    ] {
      #expect(text.contains(words), "\(words)")
    }
  }

  @Test func carriedIsACurveForEachRank() throws {
    let curves = ["structural (1e-12)", "effective (1e-2)"].enumerated().map { index, name in
      CarriedCurve(name: name, points: (1..<10).map { .init(cut: $0, scalars: (2 - index) * $0) })
    }
    let text = try svg(Chart.carried(curves, title: "Scalars", subtitle: "ssd"))
    for words in ["structural (1e-12)", "cut: tokens on its left", "scalars that must cross it"] {
      #expect(text.contains(words), "\(words)")
    }
    #expect(text.contains("<title>effective (1e-2)\ncut 3: 3 scalars</title>"))
    #expect(Chart.carried([], title: "", subtitle: "") == nil)
  }
}
