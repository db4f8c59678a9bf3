/// What a token of an example is for; the raw value marks it where there are no colours.
public enum TokenRole: Character, CaseIterable, Sendable {
  case key = "k"
  case value = "v"
  case query = "q"
  /// Nothing that is asked about: filler, markers, pairs without a query.
  case other = "."
}

extension RecallTask {
  /// The role of every token, told from where the solver has its answers: labelled positions and the tokens
  /// that ask there are queries, the place of an answer is a value, and before it stands its key.
  public func roles(of example: Example) -> [TokenRole] {
    var roles = [TokenRole](repeating: .other, count: example.inputs.count)
    let answers = solution(of: example.inputs)
    let queries = example.labels.indices.filter { example.labels[$0] != unlabelled }
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
}
