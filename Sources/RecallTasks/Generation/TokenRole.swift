/// The role of a token in an example. The raw value marks it in text without colours.
public enum TokenRole: Character, CaseIterable, Sendable {
  case key = "k"
  case value = "v"
  case query = "q"
  /// Filler, markers, noise.
  case other = "."
}

extension RecallTask {
  /// The role of every token. Keys and values are those of the context (`contextRoles`) and those from which the solver
  /// takes its answers. Queries are the labelled positions, and the tokens that ask there.
  ///
  /// A label that the solver does not give, such as a next token of `loss: all`, is not a query.
  public func roles(of example: Example) -> [TokenRole] {
    var roles = contextRoles(of: example.inputs)
    let answers = solution(of: example.inputs)
    let queries = example.labels.indices.filter {
      example.labels[$0] != ignoreIndex && example.labels[$0] == answers[$0].token
    }
    for answer in queries.map({ answers[$0] }) {
      guard let source = answer.source else { continue }
      for key in source - answer.query.count..<source { roles[key] = .key }
    }
    for query in queries { answers[query].source.map { roles[$0] = .value } }
    for query in queries {
      for position in answers[query].query { roles[position] = .query }
      roles[query] = .query
    }
    return roles
  }

  public func contextRoles(of inputs: [Int32]) -> [TokenRole] {
    [TokenRole](repeating: .other, count: inputs.count)
  }

  /// A pattern of roles, repeated over the first `context` tokens; the rest is `other`.
  func repeated(_ pattern: [TokenRole], over context: Int, of inputs: [Int32]) -> [TokenRole] {
    inputs.indices.map { $0 < context ? pattern[$0 % pattern.count] : .other }
  }

  /// Roles by vocabulary, for tasks whose keys and values come from different parts of it.
  func roles(of inputs: [Int32], keys: Range<Int>) -> [TokenRole] {
    inputs.map {
      keys.contains(Int($0)) ? .key : answerTokens.contains(Int($0)) ? .value : .other
    }
  }
}
