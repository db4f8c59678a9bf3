/// Solves tasks of pairs k v: binds a key to where its value stands, and answers a key with its last value.
///
/// The first `context` tokens are pairs; a query may be anywhere.
func solvePairs(
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
