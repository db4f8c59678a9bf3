import Support

/// Writes an example from its start; what is not written is padding: token 0, unlabelled.
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
    labels.update(repeating: unlabelled)
  }

  /// A token that was written.
  subscript(position: Int) -> Int32 { inputs[position] }

  mutating func append(_ token: Int32) {
    inputs[position] = token
    position += 1
  }

  /// A token that is asked for: the label of the position before it.
  mutating func append(answer token: Int32) {
    labels[position - 1] = token
    append(token)
  }

  /// Applies `loss: all`: in training, every position is labelled with the token after it.
  func finish(_ loss: LossTarget, split: Split) {
    guard loss == .all, split == .train else { return }
    for place in 1..<position { labels[place - 1] = inputs[place] }
  }
}

/// What training examples are labelled with; scores are always of the answers.
public enum LossTarget: String, SettingChoice {
  case answers
  /// Every position is labelled with the next token.
  case all
}

extension RandomStream {
  /// A token of a range, each with the same probability.
  mutating func token(in range: Range<Int>) -> Int32 {
    Int32(range.lowerBound + below(range.count))
  }

  /// Puts elements in any order, each with the same probability (Fisher and Yates).
  mutating func shuffle(_ elements: UnsafeMutableBufferPointer<Int32>) {
    for place in elements.indices.dropFirst() {
      elements.swapAt(place, below(place + 1))
    }
  }
}
