extension DecodingError {
  /// What is wrong, and where, in one short sentence.
  package var problem: String {
    func path(_ parents: [any CodingKey], _ last: (any CodingKey)? = nil) -> String {
      let keys = parents + [last].compactMap(\.self)
      let text = keys.reduce("") { text, key in
        if let index = key.intValue { return "\(text)[\(index)]" }
        return text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)"
      }
      return text.isEmpty ? "the whole" : text
    }
    switch self {
    case .keyNotFound(let key, let context):
      return "\(path(context.codingPath, key)) is missing"
    case .valueNotFound(_, let context): return "\(path(context.codingPath)) is null"
    case .typeMismatch(let type, let context):
      return "\(path(context.codingPath)) is not of type \(type)"
    case .dataCorrupted(let context):
      var cause = context.underlyingError.map { "\($0)" } ?? context.debugDescription
      // Foundation says this of a number out of its type's range, too.
      if cause.hasPrefix("The given data was not valid JSON") {
        cause = "it is not JSON, or has a number that is out of range"
      }
      if cause.hasPrefix("Cannot initialize") { cause = "it has a value that is not known" }
      return "\(path(context.codingPath)): \(cause)"
    @unknown default: return "\(self)"
    }
  }
}
