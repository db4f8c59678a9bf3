import Models
import Support
import Training
import YAML

/// A setting on the command line, such as `training.lr=1e-2` or `model.d_state=[8,16]`. It replaces what the file says, in
/// every row whose task or model has such a key.
public struct Override: Sendable {
  /// The argument itself.
  public let text: String
  /// Section and key, such as ["training", "lr"], or further down, such as ["model", "mixers", "0", "d_state"].
  private let path: [String]
  private let node: ConfigurationNode

  /// Throws `ConfigurationError` for text that is no setting of a run.
  public init(_ text: String) throws {
    self.text = text
    let mark = SourceMark(whole: "argument \(text)")
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    var path = parts[0].split(separator: ".").map(String.init)
    guard parts.count == 2, !parts[1].isEmpty, let section = path.first else {
      throw ConfigurationError(mark, "expected SECTION.KEY=VALUE, such as training.lr=1e-2")
    }
    guard Presets.keys.contains(section) else {
      if path.count == 1, let whole = SettingSections.path(ofKey: section) {
        throw ConfigurationError(
          mark, "expected SECTION.KEY=VALUE: \(whole)=\(parts[1])")
      }
      throw ConfigurationError(
        mark,
        SettingsError.unknown(section, value: String(parts[1]), known: Presets.keys).description)
    }
    let isGroup = Sweep.sections.contains(section) && section != "seed"
    guard isGroup == (path.count > 1) else {
      let example = isGroup ? "\(section).KEY=VALUE" : "\(section)=VALUE"
      throw ConfigurationError(mark, "expected \(example)")
    }
    if isGroup { path[1] = SettingSections.oldNames(in: section)[path[1]] ?? path[1] }
    self.path = path
    node = try ConfigurationNode(yaml: String(parts[1]), file: mark.file).placed(at: mark)
  }

  /// The row with this setting; nil if its task or model has no such key.
  func applied(to row: ConfigurationNode) throws -> ConfigurationNode? {
    guard path.count > 1 else { return row.setting(path[0], to: node) }
    guard knows(path[1], in: row) else { return nil }
    let row = keepingRecipe(row)
    let section = row[path[0]]
    guard path.count > 2 else {
      let group = section ?? ConfigurationNode(.group([]), at: row.mark)
      return row.setting(path[0], to: group.setting(path[1], to: node))
    }
    guard section?.value.value(at: path[1..<path.count - 1].joined(separator: ".")) != nil else {
      return nil
    }
    return row.setting(path, to: node)
  }

  /// A file that says nothing on training keeps its recipe beside an override.
  private func keepingRecipe(_ row: ConfigurationNode) -> ConfigurationNode {
    guard path[0] == "training", path[1] != Recipe.key, let recipe = Recipe.unnamed(in: row) else {
      return row
    }
    let name = ConfigurationNode(.scalar(.string(recipe.name)), at: node.mark)
    return row.setting(
      "training", to: ConfigurationNode(.group([]), at: node.mark).setting(Recipe.key, to: name))
  }

  private func knows(_ key: String, in row: ConfigurationNode) -> Bool {
    if key == "kind" { return true }
    // The error for a stage's key comes later, when the run is read.
    if path[0] == "training", key == Recipe.key || TrainingStage.names.contains(key) { return true }
    let kinds =
      switch row[path[0]]?["kind"]?.value {
      case .array(let kinds): kinds
      case let kind?: [kind]
      case nil: [SettingValue]()
      }
    let isHybrid = kinds.contains(.string(ModelConfiguration.hybridKind))
    return SettingSections.types(of: path[0]).contains { kind, type in
      (kind.map { kinds.contains(.string($0)) } ?? true) && type.names.contains(key)
    } || (isHybrid && key == ModelConfiguration.mixersKey)
  }

  /// The error that no row has such a key.
  func unknown() -> ConfigurationError {
    let names = SettingSections.names(in: path[0])
    let oldNames = SettingSections.oldNames(in: path[0])
    let key = path.dropFirst().joined(separator: ".")
    if path.count == 2,
      let error = SettingSections.misplaced(key, value: node.value, in: path[0])
    {
      return ConfigurationError(node.mark, error.description)
    }
    return ConfigurationError(
      node.mark,
      names.contains(path[1])
        ? "\(key): no row has a \(path[0]) with this key"
        : SettingsError.unknown(
          key, value: node.value, known: names.filter { oldNames[$0] == nil }.sorted(),
          oldNames: oldNames
        ).description)
  }
}

extension ConfigurationNode {
  /// The same value, all of it at one position.
  fileprivate func placed(at mark: SourceMark) -> ConfigurationNode {
    switch content {
    case .scalar: ConfigurationNode(content, at: mark)
    case .list(let nodes): ConfigurationNode(.list(nodes.map { $0.placed(at: mark) }), at: mark)
    case .group(let entries):
      ConfigurationNode(
        .group(
          entries.map { Entry(key: $0.key, mark: mark, node: $0.node.placed(at: mark)) }), at: mark)
    }
  }
}
