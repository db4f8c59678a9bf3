import Foundation

/// Dashed lines at what a model reaches that recalls nothing; `plots/parts/guess-lines.gp` draws them.
///
/// The scripts find them as `guess_count` and, counted from 1, `guess_at_1`, `guess_text_1` (empty where it
/// would stand on the one below).
struct GuessLines {
  let accuracies: [Double]
  let texts: [String]

  /// Each accuracy once.
  init(_ accuracies: [Double]) {
    self.accuracies = Set(accuracies).sorted()
    let name = self.accuracies.count == 1 ? "best trivial guess" : "guess"
    var below = -1.0
    texts = self.accuracies.map { accuracy in
      guard accuracy - below > 0.04 else { return "" }
      below = accuracy
      return "\(name) \(String(format: "%.2g", accuracy))"
    }
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
