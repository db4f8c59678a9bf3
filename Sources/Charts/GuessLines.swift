import Foundation
import Support

/// Dashed lines at what a model reaches that recalls nothing; `plots/parts/guess-lines.gp` draws them.
///
/// The scripts find them as `guess_count` and, counted from 1, `guess_at_1`, `guess_text_1` (empty below the highest).
struct GuessLines {
  let accuracies: [Double]
  let texts: [String]

  /// Each accuracy once.
  init(_ accuracies: [Double]) {
    self.accuracies = Set(accuracies).sorted()
    let numbers = self.accuracies.map { String(format: "%.2g", $0) }
    let ends = (numbers.prefix(1) + numbers.suffix(1)).distinct.joined(separator: " to ")
    let highest = self.accuracies.last
    texts = self.accuracies.map { $0 == highest ? "best trivial guess \(ends)" : "" }
  }

  var variables: [String: GnuplotValue] {
    var variables: [String: GnuplotValue] = ["guess_count": .number(Double(accuracies.count))]
    for (index, (accuracy, text)) in zip(accuracies, texts).enumerated() {
      variables["guess_at_\(index + 1)"] = .number(accuracy)
      variables["guess_text_\(index + 1)"] = .text(text)
    }
    return variables
  }
}
