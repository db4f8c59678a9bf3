import Foundation

/// Dashed lines at accuracies without recall; `plots/parts/baseline-lines.gp` draws them.
///
/// The scripts read `baseline_count` and, counted from 1, `baseline_at_1` and `baseline_text_1`. Only the highest line
/// has a text.
struct BaselineLines {
  /// Lowest first, each once.
  let accuracies: [Double]
  let texts: [String]

  init(_ accuracies: [Double]) {
    self.accuracies = Set(accuracies).sorted()
    let numbers = self.accuracies.map { String(format: "%.2g", $0) }
    let ends = (numbers.prefix(1) + numbers.suffix(1)).distinct.joined(separator: " to ")
    let highest = self.accuracies.last
    texts = self.accuracies.map { $0 == highest ? "\(Self.name) \(ends)" : "" }
  }

  /// What the lines are called.
  static let name = "baseline without recall"

  var variables: [String: GnuplotValue] {
    var variables: [String: GnuplotValue] = ["baseline_count": .number(Double(accuracies.count))]
    for (index, (accuracy, text)) in zip(accuracies, texts).enumerated() {
      variables["baseline_at_\(index + 1)"] = .number(accuracy)
      variables["baseline_text_\(index + 1)"] = .text(text)
    }
    return variables
  }
}
