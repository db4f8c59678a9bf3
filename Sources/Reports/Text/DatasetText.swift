import Foundation
import RecallTasks
import Support

extension TaskConfiguration {
  /// The kind and every key with its value, in one line.
  package var summary: String {
    let values = task.settingValues.sorted { $0.key < $1.key }
    return "\(type(of: task).kind): "
      + values.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
  }
}

extension DatasetCheck {
  /// The check's results, one a line.
  package func text(_ file: DatasetFile) -> String {
    let counts = labelsOfAnExample
    let range =
      counts.lowerBound == counts.upperBound
      ? "\(counts.lowerBound)" : "\(counts.lowerBound) to \(counts.upperBound)"
    let tokens =
      file.vocabularySize.map { "0 to \($0 - 1)" }
      ?? "not negative; the file does not state the vocabulary"
    var lines = [
      ["structure", "inputs and labels [\(file.exampleCount), \(file.sequenceLength)]"],
      ["ranges", "every token \(tokens)"],
      [
        "labels",
        "\(labels) of \(file.exampleCount * file.sequenceLength) positions, \(range) an example",
      ],
      [
        "task",
        file.configuration?.summary ?? "the file does not name it: no solver, no comparison",
      ],
    ]
    if let solved {
      let wrong = firstUnsolved.map { "; example \($0) is the first with another label" } ?? ""
      let next =
        nextTokens > 0
        ? "; \(nextTokens) other labels are next tokens (loss: all), not questions" : ""
      lines.append(["solver", "\(solved) of \(labels - nextTokens) labels\(wrong)\(next)"])
      lines.append(["baseline", file.configuration?.task.baselineText ?? ""])
    }
    if isRegenerated {
      let stream = "\(file.split?.rawValue ?? ""), seed \(file.seed ?? 0)"
      lines.append([
        "generator",
        firstDifferent.map { "example \($0) is not the one of \(stream)" }
          ?? "the same as \(stream)",
      ])
    } else if solved != nil {
      lines.append(["generator", "not compared: the file does not name seed and split"])
    }
    lines.append(["hash", "\(hash)"])
    return alignedColumns(lines, left: [0, 1]).joined(separator: "\n")
  }
}
