/// A value as in YAML or JSON.
public enum SettingValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case array([SettingValue])
  case object([String: SettingValue])

  /// The same value with whole numbers as integers, because canonical JSON writes 1.0 as 1.
  package var normalized: SettingValue {
    switch self {
    case .double(let number):
      if let whole = Int(exactly: number), whole.magnitude < 1 << 53 { .int(whole) } else { self }
    case .array(let values): .array(values.map(\.normalized))
    case .object(let values): .object(values.mapValues(\.normalized))
    case .null, .bool, .int, .string: self
    }
  }

  /// For people: text without quotes, anything else as canonical JSON.
  public var plainText: String {
    if case .string(let text) = self { text } else { canonicalJSON }
  }

  /// The values of an object and of the objects within it with their paths, such as "task.n_pairs", sorted by path.
  /// Lists are not taken apart. Anything but an object is one value with an empty path.
  public var flattened: [(path: String, value: SettingValue)] {
    guard case .object(let values) = self, !values.isEmpty else { return [("", self)] }
    return values.sorted { $0.key < $1.key }.flatMap { key, value in
      value.flattened.map { ($0.path.isEmpty ? key : "\(key).\($0.path)", $0.value) }
    }
  }
}

extension SettingValue {
  /// The value at a path of keys and indices, such as `mixers.0.d_state`; nil where there is none.
  public func value(at path: String) -> SettingValue? {
    path.split(separator: ".").reduce(Optional(self)) { value, name in
      switch value {
      case .object(let values): values[String(name)]
      case .array(let list): Int(name).flatMap { list.indices.contains($0) ? list[$0] : nil }
      default: nil
      }
    }
  }

  /// The same with another value at a path. All of the path but its last key must exist.
  public func setting(_ path: String, to value: SettingValue) -> SettingValue {
    let names = path.split(separator: ".", maxSplits: 1).map(String.init)
    guard let first = names.first else { return value }
    let rest = names.count > 1 ? names[1] : ""
    switch self {
    case .object(var values):
      values[first] = rest.isEmpty ? value : values[first]?.setting(rest, to: value)
      return .object(values)
    case .array(var list):
      guard let index = Int(first), list.indices.contains(index) else { return self }
      list[index] = list[index].setting(rest, to: value)
      return .array(list)
    default: return self
    }
  }
}

extension SettingValue: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int.self) {
      self = .int(value)
    } else if let value = try? container.decode(Double.self) {
      self = .double(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([SettingValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: SettingValue].self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .int(let value): try container.encode(value)
    case .double(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}

extension SettingValue: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  public init(integerLiteral value: Int) { self = .int(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral values: SettingValue...) { self = .array(values) }
  public init(dictionaryLiteral values: (String, SettingValue)...) {
    self = .object(Dictionary(uniqueKeysWithValues: values))
  }
}

extension SettingValue: CustomStringConvertible {
  /// The value in YAML's flow style: `{n_pairs: [4, 8], kind: "mqar"}`.
  public var description: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .double(let value): "\(value)"
    case .string(let value): "\"\(value)\""
    case .array(let values): "[\(values.map(\.description).joined(separator: ", "))]"
    case .object(let values):
      "{\(values.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", "))}"
    }
  }
}
