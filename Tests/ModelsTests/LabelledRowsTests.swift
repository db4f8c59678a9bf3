import Autodiff
import Models
import Testing

/// The last layer computes labelled rows only. Their results equal those of the computation for all rows.
@Suite struct LabelledRowsTests {
  private static let batch = 3

  /// Labels of the rows that are `part` modulo 5; the second example has none but in part 0.
  private func labels(_ trial: ModelTrial, part: Int? = nil) -> [Int32] {
    (0..<Self.batch * trial.length).map { row in
      let own = row / trial.length == 1 ? 0 : row % 5
      return part == nil || part == own ? Int32(row % 11) : -100
    }
  }

  @Test(arguments: ModelCase.all)
  func logitsAreThoseOfTheWholeForm(_ test: ModelCase) throws {
    let trial = try ModelTrial(test, batch: Self.batch)
    let whole = trial.logits()
    for part in 0..<5 {
      let labels = labels(trial, part: part)
      let rows = labels.indices.filter { labels[$0] >= 0 }
      var logits = [Float](repeating: .nan, count: rows.count * 11)
      let tape = Tape(arena: Arena(), parameters: trial.values.values)
      trial.model.logits(
        trial.tokens, labels: labels, batch: Self.batch, length: test.length, into: &logits,
        on: tape)
      for (index, row) in rows.enumerated() {
        for token in 0..<11 {
          #expect(abs(logits[index * 11 + token] - whole[row * 11 + token]) < 1e-5)
        }
      }
    }
  }

  private struct Result {
    var loss: Float = 0
    var gradient: [Float]
    var predictions: [Int32]
  }

  /// Trains with dropout, whose masks do not depend on labels. Two passes, because the second one of a shape shares
  /// memory.
  private func train(_ trial: ModelTrial, _ labels: [Int32]) -> Result {
    let gradients = ParameterBuffer(count: trial.model.bufferCount)
    let tape = Tape(
      arena: Arena(), parameters: trial.values.values, gradients: gradients.values)
    var result = Result(gradient: [], predictions: [])
    for _ in 0..<2 {
      tape.reset(shapeKey: ShapeKey(batch: 1, length: 1, outputRows: 1))
      tape.dropout = DropoutStream(key: 5, firstExample: 2)
      gradients.clear()
      result.predictions = [Int32](repeating: 77, count: labels.count)
      let loss = trial.model.loss(
        trial.tokens, labels: labels, batch: Self.batch, length: trial.length, weight: 0.1,
        predictions: &result.predictions, on: tape)
      _ = tape.accumulates(loss)
      loss.gradient[0] = 1
      tape.backward()
      result.loss = loss.values[0]
    }
    result.gradient = Array(UnsafeBufferPointer(start: gradients.values, count: gradients.count))
    return withExtendedLifetime(gradients) { result }
  }

  /// Losses and gradients of parts of the labels, each computed for its own rows, add up to those of all labels, which
  /// are computed for all rows.
  @Test(arguments: ModelCase.all)
  func partsAddUp(_ test: ModelCase) throws {
    let trial = try ModelTrial(test, batch: Self.batch)
    let whole = train(trial, labels(trial))
    var loss: Float = 0
    var gradient = [Float](repeating: 0, count: whole.gradient.count)
    for part in 0..<5 {
      let labels = labels(trial, part: part)
      let result = train(trial, labels)
      loss += result.loss
      for index in gradient.indices { gradient[index] += result.gradient[index] }
      for (row, label) in labels.enumerated() {
        #expect(result.predictions[row] == (label < 0 ? -1 : whole.predictions[row]))
      }
    }
    #expect(abs(loss - whole.loss) <= 1e-5 * abs(whole.loss))
    for parameter in trial.model.parameters {
      let range = parameter.offset..<(parameter.offset + parameter.count)
      let largest = whole.gradient[range].map(abs).max()!
      for index in range where abs(gradient[index] - whole.gradient[index]) > 1e-4 * largest + 1e-6
      {
        Issue.record("\(parameter.name): \(gradient[index]), expected \(whole.gradient[index])")
        return
      }
    }
  }

  @Test(arguments: [
    // labelled rows, rows, sixteenths
    (0, 1024, 1), (1, 1024, 1), (64, 1024, 1), (65, 1024, 2), (256, 1024, 4), (768, 1024, 12),
    (769, 1024, 16), (1, 1, 16), (1, 2, 1), (2, 3, 2), (13, 17, 7), (17, 17, 16),
  ])
  func passesComeInSixteenths(labelled: Int, rows: Int, sixteenths: Int) {
    #expect(LanguageModel.sixteenthsOfLastBlock(labelled: labelled, of: rows) == sixteenths)
  }
}
