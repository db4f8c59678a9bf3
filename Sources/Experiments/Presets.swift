import Support

/// Named partial configurations. A preset may use others: `use` is a name, or a list of names, in which later presets
/// override earlier ones.
struct Presets {
  /// The keys that a preset, the file and a row may set.
  static let keys = Sweep.sections + ["search_seeds"]

  /// The most levels of presets that use presets. Each takes a part of the stack.
  private static let deepest = 100

  private let nodes: [(key: String, node: ConfigurationNode)]
  /// Each preset with those that it uses, so that presets that use each other in many ways are read once.
  private var known: [String: ConfigurationNode] = [:]

  init(_ node: ConfigurationNode?) throws {
    guard let node else {
      nodes = []
      return
    }
    guard case .group(let entries) = node.content else {
      throw node.wrong("presets", allowed: "a group of named configurations")
    }
    nodes = entries.map { ($0.key, $0.node) }
    for (name, preset) in nodes {
      try preset.checkKeys(name, known: ["use"] + Self.keys)
    }
    for (name, preset) in nodes { try expand(name, preset, through: [name]) }
  }

  private mutating func expand(
    _ name: String, _ preset: ConfigurationNode, through path: [String]
  ) throws {
    guard known[name] == nil else { return }
    guard path.count <= Self.deepest else {
      throw preset.wrong(
        "presets", allowed: "presets that use each other through at most \(Self.deepest) levels")
    }
    for use in try Self.names(preset["use"]) {
      let used = try use.text("use")
      try expand(used, self.preset(used, at: use, through: path), through: path + [used])
    }
    known[name] = try expanded(preset)
  }

  /// The settings of the presets that `node` uses, overridden by its own.
  func expanded(_ node: ConfigurationNode) throws -> ConfigurationNode {
    let own = ConfigurationNode(
      .group(
        try node.entries.filter { Self.keys.contains($0.key) }.map { entry in
          ConfigurationNode.Entry(
            key: entry.key, mark: entry.mark,
            node: try entry.node.renaming(SettingSections.oldNames(in: entry.key)))
        }), at: node.mark)
    let used = try Self.names(node["use"]).map { use in
      let name = try use.text("use")
      return try known[name] ?? preset(name, at: use, through: [])
    }
    return (used + [own]).reduce(ConfigurationNode(.group([]), at: node.mark)) {
      $0.merged(with: $1)
    }
  }

  /// Throws for an unknown key and for a value of the wrong type, also in presets that nothing uses. Bounds may depend on
  /// other keys, so that only runs can check them.
  func checkKeys() throws {
    for (name, _) in nodes {
      for section in known[name]?.entries ?? [] where section.key != "seed" {
        let names = SettingSections.names(in: section.key).union(["kind"])
          .union(section.key == "training" ? [Recipe.key] : [])
        try SettingSections.checkPlaces(section.node, in: section.key)
        for entry in section.node.entries where !names.contains(entry.key) {
          throw ConfigurationError(
            entry.mark,
            SettingsError.unknown(entry.written, value: entry.node.value, known: names.sorted())
              .description)
        }
        for entry in section.node.entries {
          try SettingSections.checkType(entry, in: section.key)
          if entry.key == "kind" {
            try Self.check(entry, isOneOf: SettingSections.kinds(in: section.key))
          } else if entry.key == Recipe.key, section.key == "training" {
            try Self.check(entry, isOneOf: Recipe.all.map(\.name) + [Recipe.noneName])
          }
        }
      }
    }
  }

  /// Throws unless a value, or each value of a list, is a known name.
  private static func check(
    _ entry: ConfigurationNode.Entry, isOneOf known: [String]
  ) throws {
    let nodes = if case .list(let nodes) = entry.node.content { nodes } else { [entry.node] }
    for node in nodes {
      let name = try node.text(entry.key)
      guard !known.contains(name) else { continue }
      throw node.wrong(
        entry.key,
        allowed:
          "a known name\(nearestText(to: name, in: known)) (known: \(known.joined(separator: ", ")))"
      )
    }
  }

  private static func names(_ use: ConfigurationNode?) throws -> [ConfigurationNode] {
    guard let use else { return [] }
    guard case .list(let names) = use.content else { return [use] }
    return names
  }

  private func preset(
    _ name: String, at use: ConfigurationNode, through path: [String]
  ) throws -> ConfigurationNode {
    guard let preset = nodes.first(where: { $0.key == name })?.node else {
      let known = nodes.map(\.key)
      let nearest = nearestText(to: name, in: known)
      throw use.wrong(
        "use", allowed: "the name of a preset\(nearest) (known: \(known.joined(separator: ", ")))")
    }
    guard !path.contains(name) else {
      let circle = (path + [name]).joined(separator: " → ")
      throw use.wrong("use", allowed: "presets without a circle (\(circle))")
    }
    return preset
  }
}
