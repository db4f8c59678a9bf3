extension ConfigurationNode {
  /// Throws unless this is a group whose keys are all in `known` or in `oldNames`.
  public func checkKeys(_ name: String, known: [String], oldNames: [String: String] = [:]) throws {
    guard case .group(let entries) = content else {
      throw wrong(name, allowed: "a group of keys (\(known.joined(separator: ", ")))")
    }
    for entry in entries where !known.contains(oldNames[entry.key] ?? entry.key) {
      throw ConfigurationError(
        entry.mark,
        SettingsError.unknown(
          entry.written, value: entry.node.value, known: known, oldNames: oldNames
        ).description)
    }
  }

  /// The error that the value of key `name`, this node, is not allowed.
  public func wrong(_ name: String, allowed: String) -> ConfigurationError {
    ConfigurationError(mark, SettingsError(name, value, allowed: allowed).description)
  }

  public func text(_ name: String) throws -> String {
    switch value {
    case .string(let text): return text
    // A label such as `16` is wanted as text.
    case .int(let number): return "\(number)"
    default: throw wrong(name, allowed: "text")
    }
  }

  public func number(_ name: String) throws -> Double {
    switch value {
    case .int(let number): return Double(number)
    case .double(let number): return number
    default: throw wrong(name, allowed: "a number")
    }
  }

  public func integer(_ name: String, atLeast least: Int) throws -> Int {
    guard case .int(let number) = value, number >= least else {
      throw wrong(name, allowed: "an integer of at least \(least)")
    }
    return number
  }

  public func list(_ name: String) throws -> [ConfigurationNode] {
    guard case .list(let nodes) = content else { throw wrong(name, allowed: "a list") }
    return nodes
  }
}
