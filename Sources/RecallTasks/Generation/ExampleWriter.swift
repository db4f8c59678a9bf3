import Support

/// Writes an example from its start. Positions that are not written are padding: token 0 without a label.
struct ExampleWriter {
  private let inputs: UnsafeMutableBufferPointer<Int32>
  private let labels: UnsafeMutableBufferPointer<Int32>
  /// Tokens written so far.
  private(set) var position = 0

  init(
    inputs: UnsafeMutableBufferPointer<Int32>, labels: UnsafeMutableBufferPointer<Int32>
  ) {
    (self.inputs, self.labels) = (inputs, labels)
    inputs.update(repeating: 0)
    labels.update(repeating: ignoreIndex)
  }

  /// A token that was written before.
  subscript(position: Int) -> Int32 { inputs[position] }

  mutating func append(_ token: Int32) {
    inputs[position] = token
    position += 1
  }

  /// Appends a token that is asked for: it becomes the label of the position before it.
  mutating func append(answer token: Int32) {
    labels[position - 1] = token
    append(token)
  }

  /// Applies `loss: all`: in training, every position has the next token as its label.
  func finish(_ loss: LossTarget, split: Split) {
    guard loss == .all, split == .train else { return }
    for next in 1..<position { labels[next - 1] = inputs[next] }
  }
}

/// What the labels of training examples are. Scores always count the answers only.
public enum LossTarget: String, SettingChoice {
  case answers
  /// Every position is labelled with the next token.
  case all
}

extension RandomStream {
  /// A token of a range, all with the same probability.
  mutating func token(in range: Range<Int>) -> Int32 {
    Int32(range.lowerBound + below(range.count))
  }

  /// Puts elements in random order, all orders with the same probability (Fisher and Yates).
  mutating func shuffle(_ elements: UnsafeMutableBufferPointer<Int32>) {
    for index in elements.indices.dropFirst() {
      elements.swapAt(index, below(index + 1))
    }
  }
}
