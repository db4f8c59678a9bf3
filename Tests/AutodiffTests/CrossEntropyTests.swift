import Autodiff
import Support
import Testing

@Suite struct CrossEntropyTests {
  let rows = 150
  let d = 16
  let vocabulary = 200
  let tokenEmbedding: Parameter
  let parameters: ParameterBuffer
  let gradients: ParameterBuffer
  let h: [Float]
  let labels: [Int32]

  init() {
    let layout = ParameterLayout()
    tokenEmbedding = layout.add("embedding", [vocabulary, d], .normal(std: 1))
    parameters = ParameterBuffer(count: layout.count)
    gradients = ParameterBuffer(count: layout.count)
    parameters.initialize(layout.parameters, seed: 1)
    var random = RandomStream(2, 3)
    h = (0..<rows * d).map { _ in Float(random.normal()) }
    let vocabulary = vocabulary
    labels = (0..<rows).map { $0 % 3 == 1 ? -100 : Int32($0 * 7 % vocabulary) }
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

  private func logit(_ row: Int, _ token: Int) -> Double {
    (0..<d).reduce(0) {
      $0 + Double(h[row * d + $1]) * Double(parameters.elements(of: tokenEmbedding)[token * d + $1])
    }
  }

  @Test func logitsAreThoseOfLabelledRowsInOrder() {
    let (tape, tensor) = tape(h)
    let labelled = (0..<rows).filter { labels[$0] >= 0 }
    var logits = [Float](repeating: .nan, count: labelled.count * vocabulary)
    tape.logits(tensor, labels: labels, tokenEmbedding: tokenEmbedding, into: &logits)
    for (index, row) in labelled.enumerated() {
      for token in 0..<vocabulary {
        #expect(abs(Double(logits[index * vocabulary + token]) - logit(row, token)) < 1e-4)
      }
    }
  }

  @Test func biasesAreAddedToLogits() {
    let (tape, tensor) = tape(h)
    let labelled = (0..<rows).filter { labels[$0] >= 0 }
    var logits = [Float](repeating: .nan, count: labelled.count * vocabulary)
    // The first numbers of the embedding serve as biases.
    let bias = tokenEmbedding.rows(0..<1 + vocabulary / d)
    var biases = [Double]()
    for token in 0..<vocabulary { biases.append(Double(parameters.elements(of: bias)[token])) }
    tape.logits(tensor, labels: labels, tokenEmbedding: tokenEmbedding, bias: bias, into: &logits)
    for (index, row) in labelled.enumerated() {
      for token in 0..<vocabulary {
        let expected = logit(row, token) + biases[token]
        #expect(abs(Double(logits[index * vocabulary + token]) - expected) < 1e-4)
      }
    }
  }

  @Test func predictionsAreTheLikeliestWordsOfLabelledRows() {
    let (tape, tensor) = tape(h)
    var predictions = [Int32](repeating: 77, count: rows)
    _ = tape.crossEntropy(
      tensor, labels: labels, tokenEmbedding: tokenEmbedding, weight: 1, predictions: &predictions)
    for row in 0..<rows {
      let expected =
        labels[row] < 0 ? -1 : (0..<vocabulary).max { logit(row, $0) < logit(row, $1) }!
      #expect(Int(predictions[row]) == expected)
    }
  }

  @Test func theLowestOfEquallyLikelyWordsIsPredicted() {
    let embedding = parameters.elements(of: tokenEmbedding)
    // Tokens 70 and 140, in different blocks of tokens, are equal and beat every other for this row.
    for c in 0..<d {
      for token in [70, 140] { embedding[token * d + c] = 10 }
    }
    let (tape, tensor) = tape([Float](repeating: 1, count: d))
    var prediction: Int32 = 0
    _ = tape.crossEntropy(
      tensor, labels: [3], tokenEmbedding: tokenEmbedding, weight: 1, predictions: &prediction)
    #expect(prediction == 70)
  }

  @Test func lossesOfPartsAddUpAndOneRowIsIndependentOfTheOthers() {
    func loss(_ range: Range<Int>) -> (Float, [Float]) {
      let (tape, tensor) = tape(
        h[range.lowerBound * d..<range.upperBound * d], differentiates: true)
      let loss = labels[range].withUnsafeBufferPointer {
        tape.crossEntropy(
          tensor, labels: $0.baseAddress!, tokenEmbedding: tokenEmbedding, weight: 0.01)
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
      let loss = tape.crossEntropy(tensor, labels: [0], tokenEmbedding: tokenEmbedding, weight: 1)
      #expect(loss.values[0].isFinite == isFinite)
    }
  }
}
