import Capacity
import Foundation
import Support

extension CapacityStudy {
  /// Lines with a fit, as a table; nil if there is none.
  package var detail: ResultTable.Detail? {
    let fitted = lines.compactMap { line in line.fit.map { (line, $0) } }
    guard !fitted.isEmpty else { return nil }
    let header = [
      "model", "state scalars", "K50", "95 %", "K90", "95 %", "slope", "bits/scalar at K90",
      "misfit", "seeds",
    ]
    let rows = fitted.map { line, fit in
      let (half, most) = (fit.level(accuracy: 0.5), fit.level(accuracy: 0.9))
      return [
        line.label, "\(line.stateScalars)", Self.text(half, fit), Self.interval(half),
        Self.text(most, fit), Self.interval(most), fixed(fit.curve.slope, 2),
        line.bitsPerScalar.map { significant($0, 3) } ?? "", fixed(fit.residual, 3),
        "\(fit.seeds)",
      ]
    }
    return (
      "capacity: pairs K at which accuracy is 0.5 and 0.9, by 1 / (1 + (K / K50)^slope)",
      [header] + rows
    )
  }

  /// What the table of fits means.
  package var notes: [String] {
    let fits = lines.compactMap(\.fit)
    guard !fits.isEmpty else { return [] }
    let levels = fits.flatMap { [$0.level(accuracy: 0.5), $0.level(accuracy: 0.9)] }
    return [
      "intervals: bootstrap over seeds and test examples"
        + (fits.contains { $0.seeds == 1 } ? "; with one seed, over examples alone" : ""),
      "bits/scalar: the fewest bits with which K90 pairs can be answered nine times of ten (Fano)",
      "misfit: root mean square distance of the points from the curve",
    ]
      + (levels.contains(where: \.isExtrapolated)
        ? ["~ outside of the tested numbers of pairs"] : [])
  }

  /// The table of fits for a person or in Markdown; empty if there is none.
  public func text(_ format: ResultTable.Format) -> String {
    guard let detail else { return "" }
    switch format {
    case .text:
      return ([detail.title] + TableLayout.aligned(detail.cells) + notes).joined(separator: "\n")
    case .markdown:
      return
        ([detail.title, ""] + TableLayout.markdown(detail.cells) + [""] + notes.map { $0 + "  " })
        .joined(separator: "\n")
    case .csv: return CSV.lines(detail.cells).joined(separator: "\n")
    }
  }

  /// Fewer are none.
  static let leastPairs = 0.005

  /// Where accuracy hardly falls with K, the curve has no such place: below what was tested or beyond it is all that
  /// can be said.
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
