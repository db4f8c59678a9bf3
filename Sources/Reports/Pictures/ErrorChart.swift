import Charts
import Records
import Results
import Support

extension ErrorReport {
  /// The share of wrong answers by position and gap; nil if no answer has a known position.
  package func chart(title: String, width: PictureWidth = .screen) -> Chart? {
    let (gaps, positions) = (byGap.rows, byPosition.rows)
    let cells = zip(gaps, byGapAndPosition).flatMap { gap, row in
      zip(positions, row).map { position, tally in
        ErrorCell(
          position: position.range, gap: gap.range, answers: tally.answers, right: tally.right)
      }
    }
    let kind = task.map { "\(type(of: $0).kind), " } ?? ""
    let subtitle =
      "\(kind)\(score.examples) examples of \(length) tokens, accuracy \(fixed(score.accuracy, 4))"
      + (baseline.map { " (\($0))" } ?? "")
    return Chart.errorHeatmap(cells, title: "Errors of \(title)", subtitle: subtitle, width: width)
  }
}
