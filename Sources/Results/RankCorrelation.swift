import Foundation
import Models
import Support

/// Spearman's rank correlation of two quantities, with a bootstrap interval over the pairs.
///
/// Equal values have the mean of their ranks; the correlation is Pearson's of the ranks. For the interval, pairs are drawn
/// with replacement, and it contains the middle 95 % of the replicates (Efron and Tibshirani 1993, section 13.3). With fewer
/// than some ten pairs it is rough.
package struct RankCorrelation: Hashable, Sendable {
  /// With fewer pairs a correlation says nothing.
  package static let fewest = 5

  package let pairs: Int
  package let value: Double
  package let low, high: Double

  /// Nil for fewer than five pairs, or where all values of a quantity are equal. The same `seed` gives the same interval.
  package init?(
    _ x: [Double], _ y: [Double], replicates count: Int = 1000, seed: UInt64 = 0
  ) {
    guard x.count >= Self.fewest, let value = Self.correlation(x, y) else { return nil }
    (pairs, self.value) = (x.count, value)
    var stream = RandomStream(RandomStream.number(of: "rank correlation"), seed)
    let replicates = (0..<count).compactMap { _ in
      let drawn = x.indices.map { _ in x.indices.randomElement(using: &stream)! }
      // Where a draw has one value only it says nothing.
      return Self.correlation(drawn.map { x[$0] }, drawn.map { y[$0] })
    }.sorted()
    guard !replicates.isEmpty else { return nil }
    (low, high) = middle(ofSorted: replicates)
  }

  /// Nil where all values of a quantity are equal.
  package static func correlation(_ x: [Double], _ y: [Double]) -> Double? {
    let (first, second) = (ranks(x), ranks(y))
    let middle = Double(x.count + 1) / 2
    var (product, ofFirst, ofSecond) = (0.0, 0.0, 0.0)
    for (a, b) in zip(first, second) {
      product += (a - middle) * (b - middle)
      ofFirst += (a - middle) * (a - middle)
      ofSecond += (b - middle) * (b - middle)
    }
    guard ofFirst > 0, ofSecond > 0 else { return nil }
    return product / (ofFirst * ofSecond).squareRoot()
  }

  /// From 1; equal values share the mean of theirs.
  private static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for index in start..<end { ranks[order[index]] = Double(start + end + 1) / 2 }
      start = end
    }
    return ranks
  }
}

/// How well one number of each model orders the models by test accuracy, on one task.
package struct ModelOrdering: Sendable {
  /// The task, where the table has several; empty for one.
  package let task: String
  package let measure: Measure
  package let correlation: RankCorrelation

  /// A number that might order models by how much they recall.
  package enum Measure: String, CaseIterable, Sendable {
    case state
    case keyDimensions = "key dimensions"
    case effectiveRank = "effective rank"
    case parameters
  }
}

extension ResultTable {
  /// The orderings of the models of each task that have every number. Numbers that too few models have for this are left
  /// out.
  package var orderings: [ModelOrdering] {
    let groups = lines.filter { $0.score != nil }.grouped(by: \.taskText)
    return groups.flatMap { task, lines in
      // Counting parameters lays a model out, so each number is taken once.
      let numbers = lines.map { line in
        ModelOrdering.Measure.allCases.reduce(into: [:]) { $0[$1] = line.value(of: $1) }
      }
      var measures = ModelOrdering.Measure.allCases
      // The same models for every measure, so that they can be compared.
      func complete() -> [Int] {
        lines.indices.filter { index in measures.allSatisfy { numbers[index][$0] != nil } }
      }
      while complete().count < RankCorrelation.fewest, !measures.isEmpty {
        let counts = measures.map { measure in numbers.count { $0[measure] != nil } }
        measures.remove(at: counts.firstIndex(of: counts.min()!)!)
      }
      let models = complete()
      return measures.compactMap { measure in
        RankCorrelation(
          models.map { numbers[$0][measure]! }, models.map { lines[$0].score!.accuracy.mean }
        ).map {
          ModelOrdering(task: groups.count > 1 ? task : "", measure: measure, correlation: $0)
        }
      }
    }
  }
}

extension ResultTable.Line {
  /// The task, its length and its difficulty: "mqar, 64 tokens, n_pairs 16".
  fileprivate var taskText: String {
    let task = shared.task.task
    return "\(type(of: task).kind), \(task.sequenceLength) tokens, "
      + "\(task.difficulty.name) \(task.difficulty.value)"
  }

  /// Nil for a model without such a number.
  fileprivate func value(of measure: ModelOrdering.Measure) -> Double? {
    switch measure {
    case .state: match?.obtained ?? capacity
    case .keyDimensions:
      shared.model.keyDimensions(length: shared.task.task.sequenceLength).map(Double.init)
    case .effectiveRank: effectiveRank
    case .parameters: Double(LanguageModel(shared.model).parameterCount)
    }
  }
}
