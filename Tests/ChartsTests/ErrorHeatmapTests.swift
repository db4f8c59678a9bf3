import Charts
import Foundation
import PlotFiles
import Testing

@Suite struct ErrorHeatmapTests {
  private let scripts = try! ProjectFolder.find(
    environment: [:], startingAt: [URL(filePath: #filePath)]
  ).appending(path: "plots")

  private func cell(_ position: Int, _ gap: Int, _ answers: Int, _ right: Int) -> ErrorCell {
    ErrorCell(
      position: position..<position + 2, gap: gap..<gap + 8, answers: answers, right: right)
  }

  private func svg(_ cells: [ErrorCell]) throws -> String {
    let folder = try TemporaryFolder()
    let chart = try #require(
      Chart.errorHeatmap(cells, title: "Errors of a_b", subtitle: "mqar, 10 examples"))
    let pictures = try chart.draw(
      to: folder.url.appending(path: "map"), formats: [.svg, .png], scripts: scripts)
    return try String(contentsOf: pictures[0], encoding: .utf8)
  }

  @Test func showsSharesWithUnits() throws {
    let text = try svg([cell(0, 8, 8, 5), cell(2, 8, 4, 4), cell(2, 16, 3, 0), cell(0, 16, 0, 0)])
    for words in [
      "Errors of a_b", "mqar, 10 examples", "gap between pair and query (tokens)",
      "position of the pair (tokens from the start of the example)", "wrong answers (%)", ">38<",
      ">0<", ">100<",
      // On hovering.
      "<title>position 0–1, gap 8–15\n3 of 8 answers wrong</title>",
      "<title>position 2–3, gap 16–23\n3 of 3 answers wrong</title>",
    ] {
      #expect(text.contains(words), "\(words)")
    }
  }

  /// Where every gap is the same, as in copying, its axis has no fractions of tokens.
  @Test func ticksAreWholeTokens() throws {
    let cells = (0..<3).map {
      ErrorCell(position: $0..<$0 + 1, gap: 12..<13, answers: 10, right: $0)
    }
    let text = try svg(cells)
    #expect(
      text.contains("> 12<") && text.contains("> 13<") && !text.contains("> 12.")
        && !text.contains("> 0.5<"))
  }

  /// Each cell with answers is one filled rectangle; those of 0 % and 100 % have the ends of the scale.
  @Test func cellsWithoutAnswersStayBlank() throws {
    let full = try svg([cell(0, 8, 8, 5), cell(2, 8, 4, 4), cell(2, 16, 3, 0)])
    let blank = try svg([cell(0, 8, 8, 5), cell(2, 8, 4, 4), cell(2, 16, 3, 0), cell(0, 16, 0, 0)])
    #expect(full == blank)
    let more = try svg([cell(0, 8, 8, 5), cell(2, 8, 4, 4), cell(2, 16, 3, 0), cell(0, 16, 1, 0)])
    func polygons(_ text: String) -> Int { text.components(separatedBy: "<polygon").count }
    #expect(polygons(more) == polygons(full) + 1)
  }

  @Test func withoutAnswersThereIsNoChart() {
    #expect(Chart.errorHeatmap([], title: "", subtitle: "") == nil)
    #expect(Chart.errorHeatmap([cell(0, 8, 0, 0)], title: "", subtitle: "") == nil)
  }
}
