import Configuration

/// Named partial configurations; one may stand on another through `use`.
struct Presets {
  /// What a preset, the file and a row may set.
  static let sections = ["task", "model", "match", "training", "seed"]

  private let nodes: [(key: String, node: ConfigurationNode)]

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
      try preset.checkKeys(name, known: ["use"] + Self.sections)
      _ = try expanded(preset, keys: Self.sections, through: [name])
    }
  }

  /// The `keys` of `node` laid over those of the preset it uses.
  func expanded(
    _ node: ConfigurationNode, keys: [String], through path: [String] = []
  ) throws -> ConfigurationNode {
    let own = ConfigurationNode(
      .group(node.entries.filter { keys.contains($0.key) }), at: node.mark)
    guard let use = node["use"] else { return own }
    let name = try use.text("use")
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
    return try expanded(preset, keys: keys, through: path + [name]).merged(with: own)
  }
}
