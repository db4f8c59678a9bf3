/// Solves tasks with pairs k v: remembers the position of each key's value, and answers a key with its last value.
///
/// The first `context` tokens are pairs. A query can be at any position.
func answerByLookup(
  context: Int, inputs: UnsafeBufferPointer<Int32>, answers: UnsafeMutableBufferPointer<Answer>
) {
  TokenTable.with(capacity: context / 2) { memory in
    for position in inputs.indices {
      if position < context, !position.isMultiple(of: 2) {
        memory[inputs[position - 1]] = Int32(position)
      }
      let source = memory[inputs[position]]
      answers[position] =
        source.map {
          Answer(at: Int($0), of: inputs, query: position..<position + 1)
        } ?? .none
    }
  }
}
