import Capacity
import Foundation
import Results
import Support

extension CapacityStudy {
  /// The fits, a row for each line that has one; nil if none has.
  package var table: TextTable? {
    let fitted = lines.compactMap { line in line.fit.map { (line, $0) } }
    guard !fitted.isEmpty else { return nil }
    let header = [
      "model", "state scalars", "K50", "95 %", "K90", "95 %", "slope", "bits/scalar at K90",
      "misfit", "seeds",
    ]
    let rows = fitted.map { line, fit in
      let (half, most) = (fit.level(accuracy: 0.5), fit.level(accuracy: 0.9))
      guard !fit.neverFalls && !fit.rises else {
        let cell = fit.rises ? "rises" : ">\(fit.tested.upperBound)"
        return [
          line.label, "\(line.stateScalars)", cell, "", cell, "", "", "", fixed(fit.residual, 3),
          "\(fit.seeds)",
        ]
      }
      return [
        line.label, "\(line.stateScalars)", Self.text(half, fit), Self.interval(half),
        Self.text(most, fit), Self.interval(most), fixed(fit.curve.slope, 2),
        line.bitsPerScalar.map { significant($0, 3) } ?? "", fixed(fit.residual, 3),
        "\(fit.seeds)",
      ]
    }
    return TextTable(
      [header] + rows,
      title: "capacity: pairs K at which accuracy is 0.5 and 0.9, by 1 / (1 + (K / K50)^slope)")
  }

  /// How many lines have a fit.
  package var fitCount: Int { lines.count { $0.fit != nil } }

  /// Explains the table of fits.
  package var notes: [String] {
    let fits = lines.compactMap(\.fit)
    guard !fits.isEmpty else { return [] }
    let levels = fits.filter { !$0.neverFalls && !$0.rises }.flatMap {
      [$0.level(accuracy: 0.5), $0.level(accuracy: 0.9)]
    }
    let unlearned = lines.filter { !$0.points.isEmpty && !$0.hasRecall }.map(\.label)
    let withoutFit =
      unlearned.isEmpty
      ? [] : ["no fit where nothing is above the baseline: \(listed(unlearned, most: 4))"]
    return withoutFit + [
      "intervals: bootstrap over seeds and test examples"
        + (fits.contains { $0.seeds == 1 } ? "; with one seed, over examples alone" : ""),
      "bits/scalar: the fewest bits with which K90 pairs can be answered nine times of ten (Fano)",
      "misfit: root mean square distance of the points from the curve",
    ]
      + (fits.contains(where: \.neverFalls)
        ? ["> accuracy hardly falls with the tested numbers of pairs"] : [])
      + (fits.contains(where: \.rises)
        ? [
          "rises: accuracy is higher at more pairs, so that these tests do not show how many a state holds"
        ] : [])
      + (levels.contains(where: \.isExtrapolated)
        ? ["~ extrapolated: outside the tested numbers of pairs"] : [])
  }

  /// The table of fits with its notes; empty without a fit, and as CSV or JSON, which have no fits.
  package func text(_ format: TableFormat) -> String {
    guard let table else { return "" }
    switch format {
    case .text: return ([table.title] + table.aligned + notes).joined(separator: "\n")
    case .markdown:
      return ([table.title, ""] + table.markdown + [""] + notes.map { $0 + "  " })
        .joined(separator: "\n")
    case .csv, .json: return ""
    }
  }

  /// A level far outside the tested numbers of pairs, where accuracy hardly falls with K, has no number.
  private static func text(_ level: RecallFit.Level, _ fit: RecallFit) -> String {
    if level.pairs < leastPairs { return "<\(fit.tested.lowerBound)" }
    return level.isExtrapolated ? "~\(number(level.pairs))" : number(level.pairs)
  }

  private static func interval(_ level: RecallFit.Level) -> String {
    "\(number(level.low))–\(number(level.high))"
  }

  private static func number(_ pairs: Double) -> String {
    if pairs < leastPairs { return "0" }
    return pairs.isFinite && pairs < 1e4 ? significant(pairs, 3) : "∞"
  }
}
