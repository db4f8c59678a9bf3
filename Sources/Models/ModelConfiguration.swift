import Support

/// A model as users describe it: one JSON object {kind, d_model, n_layers, …} with the mixer's own keys beside
/// those of `ModelShape`, or {kind: hybrid, …, mixers: [{kind, …}, …]}.
public struct ModelConfiguration: Sendable {
  /// `block` is never `own` or `common` here, but the block that they stand for.
  public var shape: ModelShape
  /// Layer i has `mixers[i mod count]`.
  public let mixers: [any MixerSettings]
  /// Whether layers are listed. A model of equal layers differs from a hybrid with one entry in its defaults
  /// and in the names of its parameters.
  public let isHybrid: Bool

  /// A model of equal layers. Throws `SettingsError`.
  public init(_ shape: ModelShape, mixer: any MixerSettings) throws(SettingsError) {
    try self.init(shape, mixers: [mixer], isHybrid: false)
  }

  /// A hybrid: layer i has `mixers[i mod count]`. Throws `SettingsError`.
  public init(_ shape: ModelShape, hybridOf mixers: [any MixerSettings]) throws(SettingsError) {
    try self.init(shape, mixers: mixers, isHybrid: true)
  }

  private init(
    _ shape: ModelShape, mixers: [any MixerSettings], isHybrid: Bool
  ) throws(SettingsError) {
    (self.shape, self.mixers, self.isHybrid) = (shape, mixers, isHybrid)
    guard !mixers.isEmpty else {
      throw SettingsError(Self.mixersKey, "[]", allowed: "a list of at least one mixer")
    }
    self.shape.block = shape.block.resolved(defaults)
    try shape.validate()
    for (index, mixer) in mixers.enumerated() {
      do {
        try mixer.validate()
        try mixer.validate(modelDimension: shape.modelDimension)
      } catch {
        throw isHybrid && error.key != "d_model" ? error.inEntry(index) : error
      }
    }
  }

  package static let hybridKind = "hybrid"
  package static let mixersKey = "mixers"

  public var kind: String { isHybrid ? Self.hybridKind : type(of: mixers[0]).kind }
  /// Its name in text.
  public var name: String { isHybrid ? Self.hybridKind : type(of: mixers[0]).name }

  /// The settings of the mixer of layer `index`.
  public func mixer(ofLayer index: Int) -> any MixerSettings { mixers[index % mixers.count] }

  /// What the model takes where its description says nothing.
  private var defaults: ModelDefaults {
    isHybrid ? .zoology : type(of: mixers[0]).modelDefaults
  }
}

// MARK: - Keys and values

extension ModelConfiguration {
  /// From the user's keys; missing ones take the defaults. Throws `SettingsError`; the key of a mistake in entry
  /// i of `mixers` is `mixers.i.KEY`.
  public init(_ values: [String: SettingValue]) throws {
    var own = values
    for key in ModelShape.CodingKeys.allCases { own[key.rawValue] = nil }
    own["kind"] = nil
    let shared = values.filter { $0.key != "kind" && own[$0.key] == nil }
    guard values["kind"] != .string(Self.hybridKind) else {
      try self.init(
        Self.shape(shared, .zoology), mixers: Self.entries(own), isHybrid: true)
      return
    }
    let type = try Self.mixer(named: values["kind"])
    let known =
      try ["kind"] + ModelShape().settingValues.keys.sorted()
      + type.init().settingValues.keys.sorted()
    for key in values.keys.sorted() where !known.contains(key) {
      throw SettingsError.unknown(key, value: values[key]!, known: known)
    }
    try self.init(
      Self.shape(shared, type.modelDefaults), mixers: [type.decode(own)], isHybrid: false)
  }

  private static func shape(
    _ values: [String: SettingValue], _ defaults: ModelDefaults
  ) throws -> ModelShape {
    try .decode(ModelShape(defaults).settingValues.merging(values) { $1 })
  }

  private static func mixer(named kind: SettingValue?) throws -> any MixerSettings.Type {
    if case .string(let name)? = kind, let type = MixerCatalog.mixer(name) { return type }
    let known = MixerCatalog.mixers.map { $0.kind } + [hybridKind]
    throw SettingsError(
      "kind", kind.map(\.description) ?? "nothing", allowed: known.joined(separator: ", "))
  }

  /// The mixers of a hybrid from its keys without those of `ModelShape`.
  private static func entries(_ own: [String: SettingValue]) throws -> [any MixerSettings] {
    let known = try ["kind"] + ModelShape().settingValues.keys.sorted() + [mixersKey]
    for key in own.keys.sorted() where key != mixersKey {
      throw SettingsError.unknown(key, value: own[key]!, known: known)
    }
    guard case .array(let list)? = own[mixersKey], !list.isEmpty else {
      throw SettingsError(
        mixersKey, own[mixersKey]?.description ?? "nothing",
        allowed: "a list with the mixer of each layer, such as [{kind: ssd}, {kind: attention}]")
    }
    return try list.enumerated().map { index, entry in
      guard case .object(var values) = entry else {
        throw SettingsError(
          "\(mixersKey).\(index)", entry, allowed: "a mixer's keys, such as {kind: attention}")
      }
      do {
        let type = try mixer(named: values.removeValue(forKey: "kind"))
        return try type.decode(values)
      } catch let error as SettingsError {
        throw error.inEntry(index)
      }
    }
  }

  /// Every key with its value.
  public var values: [String: SettingValue] {
    get throws { try values { try $0.settingValues } }
  }

  /// The keys and values that a run's hash is made of: without those that came later and have the value that
  /// runs had before them.
  package var hashedValues: [String: SettingValue] {
    get throws {
      var values = try values { mixer in
        let later = type(of: mixer).laterKeys
        return try mixer.settingValues.filter { later[$0.key] != $0.value }
      }
      var later = try ModelShape(defaults).settingValues
      later["block"] = .string(defaults.block.rawValue)
      for key in ["d_model", "n_layers", "vocab_size", "max_length"] { later[key] = nil }
      // Attention's own key from the start.
      if kind == Attention.kind { later["embedding_dropout"] = nil }
      values = values.filter { later[$0.key] == nil || later[$0.key] != $0.value }
      return values
    }
  }

  private func values(
    _ own: (any MixerSettings) throws -> [String: SettingValue]
  ) throws -> [String: SettingValue] {
    var values = try shape.settingValues
    values["kind"] = .string(kind)
    guard isHybrid else { return try values.merging(own(mixers[0])) { $1 } }
    values[Self.mixersKey] = .array(
      try mixers.map { mixer in
        .object(try own(mixer).merging(["kind": .string(type(of: mixer).kind)]) { $1 })
      })
    return values
  }

  /// The value at a path such as `d_state` or `mixers.0.d_state`; nil where there is none.
  public func value(at path: String) throws -> SettingValue? {
    try SettingValue.object(values).value(at: path)
  }

  /// The model with another value there. Throws `SettingsError` for a value that is not allowed.
  public func setting(_ path: String, to value: SettingValue) throws -> ModelConfiguration {
    guard case .object(let values) = try SettingValue.object(values).setting(path, to: value)
    else { return self }
    return try ModelConfiguration(values)
  }
}

extension SettingsError {
  /// The same mistake, named as one of an entry of a hybrid's `mixers`.
  fileprivate func inEntry(_ index: Int) -> SettingsError {
    SettingsError("\(ModelConfiguration.mixersKey).\(index).\(key)", value, allowed: allowed)
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
    a.shape == b.shape && a.isHybrid == b.isHybrid
      && a.mixers.map(\.erased) == b.mixers.map(\.erased)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(shape)
    hasher.combine(mixers.map(\.erased))
  }
}

extension MixerSettings {
  /// For comparing mixers of unknown type.
  package var erased: AnyHashable { AnyHashable(self) }
}
