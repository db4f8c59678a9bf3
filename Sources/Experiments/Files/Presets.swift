import Support

/// Named partial configurations; one may stand on others through `use`: a name, or a list of names of which a
/// later one is laid over the earlier ones.
struct Presets {
  /// What a preset, the file and a row may set.
  static let keys = Sweep.sections + ["search_seeds"]

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
    for use in try Self.names(preset["use"]) {
      let used = try use.text("use")
      try expand(used, self.preset(used, at: use, through: path), through: path + [used])
    }
    known[name] = try expanded(preset)
  }

  /// The settings of `node` laid over those of the presets it uses.
  func expanded(_ node: ConfigurationNode) throws -> ConfigurationNode {
    let own = ConfigurationNode(
      .group(node.entries.filter { Self.keys.contains($0.key) }), at: node.mark)
    let used = try Self.names(node["use"]).map { use in
      let name = try use.text("use")
      return try known[name] ?? preset(name, at: use, through: [])
    }
    return (used + [own]).reduce(ConfigurationNode(.group([]), at: node.mark)) {
      $0.merged(with: $1)
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
      let nearest = nearestName(to: name, in: known).map { ", the nearest is \($0)" } ?? ""
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
