import Support

/// A model as users describe it: one flat JSON object {kind, d_model, n_layers, vocab_size, max_length}
/// with the mixer's own keys beside them.
public struct ModelConfiguration: Sendable {
  public var backbone: Backbone
  public var mixer: any MixerConfiguration

  public init(backbone: Backbone, mixer: any MixerConfiguration) throws(SettingsError) {
    self.backbone = backbone
    self.mixer = mixer
    try backbone.validate()
    try mixer.validate()
    try mixer.validate(modelDimension: backbone.modelDimension)
  }

  public var kind: String { type(of: mixer).kind }
  public var name: String { type(of: mixer).name }

  /// The largest d_model, d_state and the like: what is counted from them stays countable.
  static let largestDimension = 1 << 16

  /// What every model has around its mixers.
  public struct Backbone: Settings {
    /// d
    public var modelDimension = 64
    public var layers = 2
    /// V; 0 stands for the task's.
    public var vocabularySize = 0
    /// Rows of attention's position embedding; 0 stands for the longest sequence of the run.
    public var maximumLength = 0

    public init() {}

    public static let keys: [SettingKey<Backbone>] = [
      .integer("d_model", \.modelDimension, 1...largestDimension, "width of the residual stream"),
      .integer("n_layers", \.layers, 1...1024, "mixers one after the other"),
      .integer(
        "vocab_size", \.vocabularySize, 0...Int(Int32.max),
        "tokens are below this; 0 takes the task's"),
      .integer(
        "max_length", \.maximumLength, 0...Int(Int32.max),
        "rows of position embeddings; 0 takes the longest sequence of the run"),
    ]
  }
}

extension ModelConfiguration {
  /// From the user's keys; missing ones take the defaults. Throws `SettingsError`.
  public init(_ values: [String: SettingValue]) throws {
    let type = try Self.mixer(named: values["kind"])
    let (shared, own) = try Self.parts(of: values, for: type)
    try self.init(backbone: .decode(shared), mixer: type.decode(own))
  }

  /// What a record held, as `Settings.init(record:)` reads it.
  public init(record values: [String: SettingValue]) throws {
    let type = try Self.mixer(named: values["kind"])
    let (shared, own) = try Self.parts(of: values, for: type)
    try self.init(backbone: .init(record: shared), mixer: type.init(record: own))
  }

  /// The values of the shared keys and those of the mixer's own.
  private static func parts(
    of values: [String: SettingValue], for type: any MixerConfiguration.Type
  ) throws(SettingsError) -> (shared: [String: SettingValue], own: [String: SettingValue]) {
    let oldNames = Backbone.oldNames.merging(type.oldNames) { $1 }
    let known = ["kind"] + Backbone.names + type.names
    for key in values.keys.sorted() where !known.contains(oldNames[key] ?? key) {
      throw SettingsError.unknown(key, value: values[key]!, known: known, oldNames: oldNames)
    }
    let shared = Set(Backbone.names).union(Backbone.oldNames.keys)
    return (
      values.filter { shared.contains($0.key) },
      values.filter { $0.key != "kind" && !shared.contains($0.key) }
    )
  }

  private static func mixer(named kind: SettingValue?) throws -> any MixerConfiguration.Type {
    if case .string(let name)? = kind, let type = MixerCatalog.mixer(name) { return type }
    let known = MixerCatalog.mixers.map { $0.kind }
    guard let kind else {
      throw SettingsError("kind", "nothing", allowed: known.joined(separator: ", "))
    }
    throw SettingsError("kind", kind, allowed: known.joined(separator: ", "))
  }

  /// Every key with its value.
  public var values: [String: SettingValue] {
    joined(backbone.settingValues, mixer.settingValues)
  }

  /// What the hash of a run is made of.
  public var hashedValues: [String: SettingValue] {
    joined(backbone.hashedValues, mixer.hashedValues)
  }

  private func joined(
    _ shared: [String: SettingValue], _ own: [String: SettingValue]
  ) -> [String: SettingValue] {
    shared.merging(own) { $1 }.merging(["kind": .string(kind)]) { $1 }
  }
}

/// As records have it.
extension ModelConfiguration: Codable {
  public init(from decoder: any Decoder) throws {
    try self.init(record: [String: SettingValue](from: decoder))
  }

  public func encode(to encoder: any Encoder) throws {
    try joined(backbone.recordValues, mixer.recordValues).encode(to: encoder)
  }
}

extension ModelConfiguration: Hashable {
  public static func == (a: Self, b: Self) -> Bool {
    a.backbone == b.backbone && a.mixer.erased == b.mixer.erased
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(backbone)
    hasher.combine(mixer.erased)
  }
}

extension MixerConfiguration {
  fileprivate var erased: AnyHashable { AnyHashable(self) }
}
