import Foundation
import RecallTasks

/// An example as the documentation of its task draws it: tokens, and under each its label, or a dot.
func drawing(of example: Example) -> [String] {
  let cells = zip(example.inputs, example.labels).map {
    ("\($0)", $1 == ignoreIndex ? "." : "\($1)")
  }
  let width = cells.map { max($0.count, $1.count) }.max() ?? 0
  func line(_ name: String, _ cells: [String]) -> String {
    name + cells.map { String(repeating: " ", count: width + 1 - $0.count) + $0 }.joined()
  }
  return [line("inputs", cells.map { $0.0 }), line("labels", cells.map { $0.1 })]
}

/// The source of a file of RecallTasks/Tasks.
func source(ofTask name: String) throws -> String {
  let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  return try String(
    contentsOf: package.appending(path: "Sources/RecallTasks/Tasks/\(name).swift"),
    encoding: .utf8)
}
