import Support

/// The smaller tables under the main one: every seed's score, scores by size, and the learning-rate curves.
extension ResultTable {
  package typealias Detail = (title: String, cells: [[String]])

  var details: [Detail] { [seedDetail, sizeDetail, rateDetail].compactMap(\.self) }

  /// Test accuracy by seed, where there are several.
  package var seedDetail: Detail? {
    let scored = lines.filter { ($0.score?.seeds.count ?? 0) > 1 }
    guard !scored.isEmpty else { return nil }
    let seeds = Set(scored.flatMap { $0.score!.seeds.map(\.seed) }).sorted()
    let rows = scored.map { line in
      [line.label]
        + seeds.map { seed in
          line.score!.seeds.first { $0.seed == seed }.map { fixed($0.accuracy, 3) } ?? ""
        }
    }
    return ("test accuracy by seed", [["model"] + seeds.map { "seed \($0)" }] + rows)
  }

  /// Validation accuracy by learning rate, where there are several; at the same seeds for all rates of a line.
  package var rateDetail: Detail? {
    let searched = lines.filter { $0.result.search.count > 1 }
    guard !searched.isEmpty else { return nil }
    let rates = Set(searched.flatMap { $0.result.cell.rates }).sorted()
    let rows = searched.map { line in
      [line.label]
        + rates.map { rate in
          let one = line.result.search.first { $0.learningRate == rate }
          guard let one else { return "" }
          return one.text(isChosen: line.result.chosen?.learningRate == rate)
        }
    }
    return (
      "validation accuracy by learning rate, mean over the seeds at which rates are compared "
        + "(in brackets: the chosen one)",
      [["model"] + rates.map { "lr \($0)" }] + rows
    )
  }
}

extension CellResult.Rate {
  /// The mean over finished seeds, and what became of the others.
  func text(isChosen: Bool) -> String {
    // Of a rate that was dropped, where it stood then.
    let last = validation ?? Estimate(points.compactMap(\.validation?.accuracy))
    let isDropped = count(.dropped) > 0
    let mean = (isDropped ? last : validation).map { fixed($0.mean, 3) } ?? ""
    let others = [RunRecord.Status.diverged, .failed, .dropped].compactMap { status -> String? in
      let count = count(status)
      guard count > 0 else { return nil }
      return points.count > 1 ? "\(count) \(status.rawValue)" : status.rawValue
    }
    let begun = points.count { $0.record?.isDone != true && $0.record?.status != .failed }
    let open = begun > 0 ? ["\(begun) to do"] : []
    let parts = [isChosen ? "[\(mean)]" : mean] + others + open
    return parts.filter { !$0.isEmpty }.joined(separator: ", ")
  }
}
