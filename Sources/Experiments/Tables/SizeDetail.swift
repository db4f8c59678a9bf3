import Foundation
import Training

extension ResultTable {
  /// Test accuracy by the size of the tested tasks, where they differ, such as pairs or the length of strings.
  package var sizeDetail: Detail? {
    let scores = lines.map { line in
      line.score == nil ? [:] : line.result.chosen?.accuracyBySize ?? [:]
    }
    let sizes = Set(scores.flatMap(\.keys)).sorted(by: isNumericallyLess)
    guard sizes.count > 1, let task = lines.first?.result.cell.runs[0].configuration.task else {
      return nil
    }
    let rows = zip(lines, scores).filter { !$1.isEmpty }.map { line, score in
      [line.label] + sizes.map { score[$0].map { fixed($0.mean, 3) } ?? "" }
    }
    return (
      "test accuracy by \(task.task.groupingKey.name), mean over seeds", [["model"] + sizes] + rows
    )
  }
}

extension CellResult.Rate {
  /// On the test split, over the seeds that were scored.
  fileprivate var accuracyBySize: [String: Estimate] {
    let tests = finished.compactMap(\.test)
    return Set(tests.flatMap(\.accuracyByDifficulty.keys)).reduce(into: [:]) { scores, size in
      scores[size] = Estimate(tests.compactMap { $0.accuracyByDifficulty[size] })
    }
  }
}

/// Sizes are numbers, written as text in records.
package func isNumericallyLess(_ first: String, _ second: String) -> Bool {
  first.compare(second, options: .numeric) == .orderedAscending
}
