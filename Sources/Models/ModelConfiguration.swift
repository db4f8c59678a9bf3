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

    enum CodingKeys: String, CodingKey {
      case modelDimension = "d_model"
      case layers = "n_layers"
      case vocabularySize = "vocab_size"
      case maximumLength = "max_length"
    }

    public func validate() throws(SettingsError) {
      for (key, value, bounds) in [
        ("d_model", modelDimension, 1...ModelConfiguration.largestDimension),
        ("n_layers", layers, 1...1024),
        ("vocab_size", vocabularySize, 0...Int(Int32.max)),
        ("max_length", maximumLength, 0...Int(Int32.max)),
      ] {
        try SettingsError.require(key, value, in: bounds)
      }
    }
  }
}

extension ModelConfiguration {
  /// From the user's keys; missing ones take the defaults. Throws `SettingsError`.
  public init(_ values: [String: SettingValue]) throws {
    let type = try Self.mixer(named: values["kind"])
    let shared = Set(try Backbone().settingValues.keys)
    let known = try ["kind"] + shared.sorted() + type.init().settingValues.keys.sorted()
    for key in values.keys.sorted() where !known.contains(key) {
      throw SettingsError.unknown(key, value: values[key]!, known: known)
    }
    try self.init(
      backbone: .decode(values.filter { shared.contains($0.key) }),
      mixer: type.decode(values.filter { $0.key != "kind" && !shared.contains($0.key) }))
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
    get throws {
      try backbone.settingValues.merging(mixer.settingValues) { $1 }
        .merging(["kind": .string(kind)]) { $1 }
    }
  }
}

extension ModelConfiguration: Codable {
  public init(from decoder: any Decoder) throws {
    try self.init([String: SettingValue](from: decoder))
  }

  public func encode(to encoder: any Encoder) throws { try values.encode(to: encoder) }
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
