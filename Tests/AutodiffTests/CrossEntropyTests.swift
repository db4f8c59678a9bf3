import Autodiff
import Support
import Testing

@Suite struct CrossEntropyTests {
  let rows = 150
  let d = 16
  let wordCount = 200
  let tokenEmbedding: Parameter
  let parameters: ParameterBuffer
  let gradients: ParameterBuffer
  let h: [Float]
  let labels: [Int32]

  init() {
    let layout = ParameterLayout()
    words = layout.add("words", [wordCount, d], .normal(std: 1))
    parameters = ParameterBuffer(count: layout.count)
    gradients = ParameterBuffer(count: layout.count)
    parameters.initialize(layout.parameters, seed: 1)
    var random = RandomStream(2, 3)
    h = (0..<rows * d).map { _ in Float(random.normal()) }
    let wordCount = wordCount
    labels = (0..<rows).map { $0 % 3 == 1 ? -100 : Int32($0 * 7 % wordCount) }
  }

  private func tape(_ values: some Collection<Float>, differentiates: Bool = false) -> (
    Tape, Tensor
  ) {
    let tape = Tape(
      arena: Arena(), parameters: parameters.values,
      gradients: differentiates ? gradients.values : nil)
    let tensor = tape.tensor(batch: 1, length: values.count / d, channels: d)
    for (index, value) in values.enumerated() { tensor.values[index] = value }
    return (tape, tensor)
  }

  private func logit(_ row: Int, _ word: Int) -> Double {
    (0..<d).reduce(0) {
      $0 + Double(h[row * d + $1]) * Double(parameters.elements(of: words)[word * d + $1])
    }
  }

  @Test func logitsAreThoseOfLabelledRowsInOrder() {
    let (tape, tensor) = tape(h)
    let labelled = (0..<rows).filter { labels[$0] >= 0 }
    var logits = [Float](repeating: .nan, count: labelled.count * wordCount)
    tape.logits(tensor, labels: labels, tokenEmbedding: words, into: &logits)
    for (index, row) in labelled.enumerated() {
      for word in 0..<wordCount {
        #expect(abs(Double(logits[index * wordCount + word]) - logit(row, word)) < 1e-4)
      }
    }
  }

  @Test func predictionsAreTheLikeliestWordsOfLabelledRows() {
    let (tape, tensor) = tape(h)
    var predictions = [Int32](repeating: 77, count: rows)
    _ = tape.crossEntropy(
      tensor, labels: labels, tokenEmbedding: words, weight: 1, predictions: &predictions)
    for row in 0..<rows {
      let expected = labels[row] < 0 ? -1 : (0..<wordCount).max { logit(row, $0) < logit(row, $1) }!
      #expect(Int(predictions[row]) == expected)
    }
  }

  @Test func theLowestOfEquallyLikelyWordsIsPredicted() {
    let embedding = parameters.elements(of: words)
    // Words 70 and 140, in different blocks of words, are equal and beat every other for this row.
    for c in 0..<d {
      for word in [70, 140] { embedding[word * d + c] = 10 }
    }
    let (tape, tensor) = tape([Float](repeating: 1, count: d))
    var prediction: Int32 = 0
    _ = tape.crossEntropy(
      tensor, labels: [3], tokenEmbedding: words, weight: 1, predictions: &prediction)
    #expect(prediction == 70)
  }

  @Test func lossesOfPartsAddUpAndOneRowIsIndependentOfTheOthers() {
    func loss(_ range: Range<Int>) -> (Float, [Float]) {
      let (tape, tensor) = tape(
        h[range.lowerBound * d..<range.upperBound * d], differentiates: true)
      let loss = labels[range].withUnsafeBufferPointer {
        tape.crossEntropy(tensor, labels: $0.baseAddress!, tokenEmbedding: words, weight: 0.01)
      }
      _ = tape.accumulates(loss)
      loss.gradient[0] = 1
      tape.backward()
      return (loss.values[0], (0..<range.count * d).map { tensor.gradient[$0] })
    }
    let (whole, gradient) = loss(0..<rows)
    var sum: Float = 0
    for row in 0..<rows {
      let (part, partGradient) = loss(row..<row + 1)
      sum += part
      #expect(
        zip(partGradient, gradient[row * d..<(row + 1) * d]).allSatisfy { abs($0 - $1) < 1e-6 })
    }
    #expect(abs(sum - whole) < 1e-5 * abs(whole))
  }

  @Test func farApartLogitsGiveAFiniteLossAndBrokenOnesDoNot() {
    for (value, isFinite) in [(Float(1e4), true), (.nan, false), (.infinity, false)] {
      let (tape, tensor) = tape([Float](repeating: value, count: d))
      let loss = tape.crossEntropy(tensor, labels: [0], tokenEmbedding: words, weight: 1)
      #expect(loss.values[0].isFinite == isFinite)
    }
  }
}
