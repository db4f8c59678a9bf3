import Foundation

extension Settings {
  /// The value of every key, by its name in YAML.
  public var settingValues: [String: SettingValue] {
    get throws {
      try JSONDecoder().decode([String: SettingValue].self, from: JSONEncoder().encode(self))
    }
  }

  /// The defaults with `values` laid over them. Does not validate: values may be replaced again.
  ///
  /// Throws `SettingsError` for a key that is not known, naming the nearest known one, and for a value
  /// of the wrong type.
  public static func decode(_ values: [String: SettingValue]) throws -> Self {
    let defaults = try Self().settingValues
    for key in values.keys.sorted() where defaults[key] == nil {
      throw SettingsError.unknown(key, value: values[key] ?? .null, known: defaults.keys.sorted())
    }
    do {
      let data = try JSONEncoder().encode(defaults.merging(values) { $1 })
      return try JSONDecoder().decode(Self.self, from: data)
    } catch let error as DecodingError {
      throw settingsError(error, values: values, defaults: defaults)
    } catch EncodingError.invalidValue(let value, let context) {
      throw SettingsError(
        name(of: context.codingPath), "\(value)", allowed: "a finite number")
    }
  }

  private static func settingsError(
    _ error: DecodingError, values: [String: SettingValue], defaults: [String: SettingValue]
  ) -> SettingsError {
    let (path, allowed) =
      switch error {
      case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
        (context.codingPath, expectation(of: type))
      case .keyNotFound(let key, let context): (context.codingPath + [key], "a value")
      case .dataCorrupted(let context): (context.codingPath, context.debugDescription)
      @unknown default: ([any CodingKey](), "\(error)")
      }
    // The decoder reports a fraction where an integer belongs as bad JSON, and not where.
    if path.isEmpty,
      let (key, value) = values.sorted(by: { $0.key < $1.key }).first(where: {
        if case (.int, .double) = (defaults[$0.key], $0.value) { return !accepts($0.key, $0.value) }
        return false
      })
    {
      return SettingsError(key, value, allowed: "an integer")
    }
    let value = path.first.flatMap { values[$0.stringValue] } ?? .null
    return SettingsError(name(of: path), value, allowed: allowed)
  }

  private static func accepts(_ key: String, _ value: SettingValue) -> Bool {
    guard var values = try? Self().settingValues else { return false }
    values[key] = value
    return (try? JSONDecoder().decode(Self.self, from: JSONEncoder().encode(values))) != nil
  }

  private static func name(of path: [any CodingKey]) -> String {
    path.map(\.stringValue).joined(separator: ".")
  }

  private static func expectation(of type: Any.Type) -> String {
    switch type {
    case is any FixedWidthInteger.Type: "an integer"
    case is any BinaryFloatingPoint.Type: "a number"
    case is Bool.Type: "true or false"
    case is String.Type: "text"
    case is [String: Any].Type: "a group of keys"
    case is [Any].Type: "a list"
    default: "a value of type \(type)"
    }
  }
}

extension SettingsError {
  /// The error of a key that nobody knows, with the nearest one that is known.
  public static func unknown(
    _ key: String, value: some CustomStringConvertible, known: [String]
  ) -> SettingsError {
    let nearest = nearestName(to: key, in: known).map { ", the nearest is \($0)" } ?? ""
    return SettingsError(
      key, value, allowed: "a known key\(nearest) (known: \(known.joined(separator: ", ")))")
  }
}

extension SettingValue: CustomStringConvertible {
  /// As in YAML's flow style: `{n_pairs: [4, 8], kind: "mqar"}`.
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

/// The name with the smallest edit distance (Levenshtein) to `name`; of equals, the first.
public func nearestName(to name: String, in names: [String]) -> String? {
  names.min { editDistance(name, $0) < editDistance(name, $1) }
}

/// How many insertions, deletions and replacements of characters turn one text into the other.
package func editDistance(_ first: String, _ second: String) -> Int {
  let second = Array(second)
  var row = Array(0...second.count)
  for (i, a) in first.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, b) in second.enumerated() {
      let replaced = diagonal + (a == b ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
    }
  }
  return row[second.count]
}
