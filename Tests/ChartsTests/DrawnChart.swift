import Charts
import Foundation
import PlotFiles
import Testing

/// The chart as gnuplot draws it.
func svg(_ chart: Chart?) throws -> String {
  let folder = try TemporaryFolder()
  let scripts = try ProjectFolder.find(environment: [:], startingAt: [URL(filePath: #filePath)])
    .appending(path: "plots")
  let picture = try #require(chart).draw(
    to: folder.url.appending(path: "chart"), formats: [.svg], scripts: scripts)[0]
  return try String(contentsOf: picture, encoding: .utf8)
}
