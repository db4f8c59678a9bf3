/// What a recurrent mixer carries from token to token, in named parts. Its size is counted from these values.
public struct MixerState: Sendable {
  /// In the order of `init`.
  public private(set) var parts: [(part: StatePart, values: [Double])]

  /// All values are 0.
  public init(zeros sizes: KeyValuePairs<StatePart, Int>) {
    parts = sizes.map { ($0.key, [Double](repeating: 0, count: $0.value)) }
  }

  /// The values of one part. Traps if the state has no such part.
  public subscript(part: StatePart) -> [Double] {
    get { parts[index(of: part)].values }
    set { parts[index(of: part)].values = newValue }
    _modify { yield &parts[index(of: part)].values }
  }

  private func index(of part: StatePart) -> Int {
    guard let index = parts.firstIndex(where: { $0.part == part }) else {
      preconditionFailure("a state without \(part.key); it has \(parts.map(\.part.key))")
    }
    return index
  }

  /// Scalars of each part.
  public var sizes: [StatePart: Int] {
    Dictionary(uniqueKeysWithValues: parts.map { ($0.part, $0.values.count) })
  }

  /// Scalars of all parts.
  public var scalars: Int { parts.reduce(0) { $0 + $1.values.count } }

  /// The values of recurrences, caches and long convolutions: what remembers more than the last few tokens.
  package var memory: [Double] {
    parts.filter { $0.part.role != .recentInputs }.flatMap(\.values)
  }

  /// Rounds all values that a program would keep in bfloat16: those of every part but the token's number.
  package mutating func roundToBFloat16() {
    for index in parts.indices where parts[index].part != .position {
      for element in parts[index].values.indices {
        parts[index].values[element] = parts[index].values[element].roundedToBFloat16
      }
    }
  }

  /// Scalars of one part; 0 if the state has no such part.
  public func count(_ part: StatePart) -> Int { sizes[part] ?? 0 }
}

/// A part of a mixer's state.
public struct StatePart: Hashable, Sendable {
  /// Its name in JSON and CSV.
  public let key: String
  /// Its name in text.
  public let title: String
  /// What the part holds.
  public let role: Role

  public enum Role: Sendable {
    /// Keys and values of earlier tokens, half of the scalars each.
    case keysAndValues
    /// The state of a recurrence.
    case recurrence
    /// The last inputs of a convolution or a token shift.
    case recentInputs
    /// The inputs of a long convolution, one more after each token.
    case allInputs
  }

  public init(_ key: String, title: String, role: Role) {
    (self.key, self.title, self.role) = (key, title, role)
  }

  /// Keys and values of the tokens so far.
  public static let keyValueCache = StatePart(
    "kv_cache", title: "KV cache", role: .keysAndValues)
  /// The state of a recurrence.
  public static let recurrence = StatePart("ssm", title: "SSM state", role: .recurrence)
  /// The last inputs of a short convolution.
  public static let convolution = StatePart(
    "convolution", title: "convolution inputs", role: .recentInputs)

  /// The number of the next token, where a mixer rotates queries and keys by it.
  public static let position = StatePart("position", title: "position", role: .recentInputs)
  /// The last token's channels, which a token shift mixes with this one's.
  public static let shift = StatePart("shift", title: "shifted token", role: .recentInputs)
  /// The inputs of a long convolution so far.
  public static let inputs = StatePart(
    "inputs", title: "long convolution inputs", role: .allInputs)

  /// The parts that every table lists, also where a model has none of them.
  public static let listed = [keyValueCache, recurrence, convolution]
}
