/// What a token of an example is for; the raw value marks it where there are no colours.
public enum TokenRole: Character, CaseIterable, Sendable {
  case key = "k"
  case value = "v"
  case query = "q"
  /// Nothing that is asked about: filler, markers, pairs without a query.
  case other = "."
}

extension RecallTask {
  /// The role of every token, told from where the solver has its answers: a labelled position is a query,
  /// the place of its answer a value, and the tokens before that place, as far as they repeat those that
  /// end with the query, are the key.
  public func roles(of example: Example) -> [TokenRole] {
    var roles = [TokenRole](repeating: .other, count: example.inputs.count)
    let answers = solution(of: example.inputs)
    let queries = example.labels.indices.filter { example.labels[$0] != unlabelled }
    let asked = queries.compactMap { query in
      answers[query].source.map { (query: query, source: $0) }
    }
    for (_, source) in asked { roles[source] = .value }
    for query in queries { roles[query] = .query }
    for (query, source) in asked {
      var (key, repeated) = (source - 1, query)
      while key >= 0, [.other, .key].contains(roles[key]),
        example.inputs[key] == example.inputs[repeated]
      {
        roles[key] = .key
        (key, repeated) = (key - 1, repeated - 1)
      }
    }
    return roles
  }
}
