/// What a token of an example is for; the raw value marks it where there are no colours.
public enum TokenRole: Character, CaseIterable, Sendable {
  case key = "k"
  case value = "v"
  case query = "q"
  /// Nothing to be recalled: filler, markers, noise.
  case other = "."
}

extension RecallTask {
  /// The role of every token: what the task shows, asked about or not; where the solver has an answer from, a
  /// value with its key before it; and the positions that are asked, with the tokens that ask there.
  ///
  /// A label that the solver does not answer, such as a next token of `loss: all`, makes no query.
  public func roles(of example: Example) -> [TokenRole] {
    var roles = contextRoles(of: example.inputs)
    let answers = solution(of: example.inputs)
    let queries = example.labels.indices.filter {
      example.labels[$0] != unlabelled && example.labels[$0] == answers[$0].token
    }
    for answer in queries.map({ answers[$0] }) {
      guard let source = answer.source else { continue }
      for key in source - answer.query.count..<source { roles[key] = .key }
    }
    for query in queries { answers[query].source.map { roles[$0] = .value } }
    for query in queries {
      for place in answers[query].query { roles[place] = .query }
      roles[query] = .query
    }
    return roles
  }

  public func contextRoles(of inputs: [Int32]) -> [TokenRole] {
    [TokenRole](repeating: .other, count: inputs.count)
  }

  /// A pattern again and again over the first tokens, the rest other.
  func repeated(_ pattern: [TokenRole], over context: Int, of inputs: [Int32]) -> [TokenRole] {
    inputs.indices.map { $0 < context ? pattern[$0 % pattern.count] : .other }
  }

  /// By vocabulary, for tasks whose keys and values are told apart by that.
  func roles(of inputs: [Int32], keys: Range<Int>) -> [TokenRole] {
    inputs.map {
      keys.contains(Int($0)) ? .key : answerTokens.contains(Int($0)) ? .value : .other
    }
  }
}
