import Support

/// A model as users describe it: one JSON object {kind, d_model, n_layers, …} with the mixer's own keys beside
/// those of `ModelShape`, or {kind: hybrid, …, mixers: [{kind, …}, …]}.
public struct ModelConfiguration: Sendable {
  /// Its `block` is never `own` or `common`, but the block that these names mean.
  public var shape: ModelShape
  /// Layer i has `mixers[i mod count]`.
  public let mixers: [any MixerSettings]
  /// Whether the mixers are given as a list. A hybrid with one entry is not the same as a model of equal layers: it
  /// has other defaults and other parameter names.
  public let isHybrid: Bool

  /// A model of equal layers. Throws `SettingsError`.
  public init(_ shape: ModelShape, mixer: any MixerSettings) throws(SettingsError) {
    try self.init(shape, mixers: [mixer], isHybrid: false)
  }

  /// A hybrid: layer i has `mixers[i mod count]`. Throws `SettingsError`.
  public init(_ shape: ModelShape, hybridOf mixers: [any MixerSettings]) throws(SettingsError) {
    try self.init(shape, mixers: mixers, isHybrid: true)
  }

  fileprivate init(
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
  package static let mixersHelp = SettingHelp(
    name: mixersKey, value: [["kind": "ssd"], ["kind": "attention"]], kind: .list,
    meaning: "a hybrid's mixers with their settings; layer i has mixers[i mod count]")

  /// `hybrid`, or the mixer's kind.
  public var kind: String { isHybrid ? Self.hybridKind : type(of: mixers[0]).kind }
  /// Its name in text.
  public var name: String { isHybrid ? Self.hybridKind : type(of: mixers[0]).name }

  /// The settings of the mixer of layer `index`.
  public func mixer(ofLayer index: Int) -> any MixerSettings {
    mixers[index % mixers.count].selecting(layers: [index])
  }

  /// Whether no output depends on a later token.
  public var isCausal: Bool { mixers.allSatisfy(\.isCausal) }

  /// Whether no layer before this one has a mixer of its kind.
  func isFirstOfKind(_ layer: Int) -> Bool {
    let kinds = (0...layer).map { type(of: mixers[$0 % mixers.count]).kind }
    return !kinds.dropLast().contains(kinds[layer])
  }

  /// The defaults of keys that the description leaves out.
  private var defaults: ModelDefaults {
    isHybrid ? .zoology : type(of: mixers[0]).modelDefaults
  }
}

// MARK: - Reading

extension ModelConfiguration {
  /// From the user's keys; missing ones take the defaults. Throws `SettingsError`; the key of a mistake in entry
  /// i of `mixers` is `mixers[i].KEY`.
  public init(_ values: [String: SettingValue]) throws(SettingsError) {
    try self.init(values, SettingsReading.user)
  }

  /// What a record held, as `Settings.init(record:)` reads it.
  public init(record values: [String: SettingValue]) throws(SettingsError) {
    try self.init(values, SettingsReading.record)
  }

  private init(
    _ values: [String: SettingValue], _ reading: SettingsReading
  ) throws(SettingsError) {
    let isHybrid = values["kind"] == .string(Self.hybridKind)
    let type =
      isHybrid
      ? nil : try Self.mixer(of: values, known: MixerCatalog.kinds + [Self.hybridKind])
    if !isHybrid, let mixers = values[Self.mixersKey] {
      throw SettingsError(Self.mixersKey, mixers, allowed: "only with kind: \(Self.hybridKind)")
    }
    let shapeNames = Set(ModelShape.names).union(ModelShape.oldNames.keys)
    let oldNames = ModelShape.oldNames.merging(type?.oldNames ?? [:]) { $1 }
    let known = ["kind"] + ModelShape.names + (type?.names ?? [Self.mixersKey])
    for key in values.keys.sorted() where !known.contains(oldNames[key] ?? key) {
      throw SettingsError.unknown(key, value: values[key]!, known: known, oldNames: oldNames)
    }
    let shape = try reading.shape(
      values.filter { shapeNames.contains($0.key) }, type?.modelDefaults ?? .zoology)
    let own = values.filter { $0.key != "kind" && !shapeNames.contains($0.key) }
    let mixers =
      if let type { [try reading.mixer(type, own)] } else {
        try Self.entries(own[Self.mixersKey], reading, shapeNames)
      }
    try self.init(shape, mixers: mixers, isHybrid: isHybrid)
  }

  private static func mixer(
    of values: [String: SettingValue], known: @autoclosure () -> [String]
  ) throws(SettingsError) -> any MixerSettings.Type {
    let kind = values["kind"]
    if case .string(let name)? = kind, let type = MixerCatalog.mixer(name) { return type }
    let known = known()
    var allowed = known.joined(separator: ", ")
    if case .string(let name)? = kind { allowed += nearestText(to: name, in: known) }
    guard let kind else {
      throw SettingsError.missing("kind", in: values, allowed: allowed)
    }
    throw SettingsError("kind", kind, allowed: allowed)
  }

  private static func entries(
    _ value: SettingValue?, _ reading: SettingsReading, _ shapeNames: Set<String>
  ) throws(SettingsError) -> [any MixerSettings] {
    guard case .array(let list)? = value, !list.isEmpty else {
      let allowed =
        "a list with the mixer of each layer, such as [{kind: ssd}, {kind: attention}]"
      guard let value else { throw SettingsError(missing: mixersKey, allowed: allowed) }
      throw SettingsError(mixersKey, value, allowed: allowed)
    }
    var mixers: [any MixerSettings] = []
    for (index, entry) in list.enumerated() {
      do throws(SettingsError) {
        guard case .object(var values) = entry else {
          throw SettingsError("", entry, allowed: "a mixer's keys, such as {kind: attention}")
        }
        let type = try mixer(of: values, known: MixerCatalog.kinds)
        values["kind"] = nil
        let key = values.keys.filter { shapeNames.contains($0) && !type.names.contains($0) }.min()
        if let key {
          throw SettingsError(
            key, values[key]!, allowed: "beside mixers, because it belongs to the model")
        }
        mixers.append(try reading.mixer(type, values))
      } catch {
        throw error.inEntry(index)
      }
    }
    return mixers
  }
}

/// Whether values come from a user or from a record.
private enum SettingsReading {
  case user, record

  func mixer(
    _ type: any MixerSettings.Type, _ values: [String: SettingValue]
  ) throws(SettingsError) -> any MixerSettings {
    switch self {
    case .user: try type.decode(values)
    case .record: try type.init(record: values)
    }
  }

  /// Keys that a user or a record leaves out take the values that the mixer was published with.
  func shape(
    _ values: [String: SettingValue], _ defaults: ModelDefaults
  ) throws(SettingsError) -> ModelShape {
    var defaults = defaults
    if case .string(let name)? = values["block"], let block = BlockKind(rawValue: name) {
      defaults = defaults.inBlock(block)
    }
    switch self {
    case .user: return try ModelShape(defaults).replacing(values)
    case .record: return try ModelShape(record: defaults.values.merging(values) { $1 })
    }
  }
}

extension SettingsError {
  /// The same error for a key of entry `index` of a hybrid's `mixers`.
  fileprivate func inEntry(_ index: Int) -> SettingsError {
    inside("[\(index)]").inside(ModelConfiguration.mixersKey)
  }
}

// MARK: - Writing

extension ModelConfiguration {
  /// Every key with its value.
  public var values: [String: SettingValue] {
    joined(shape.settingValues) { $0.settingValues }
  }

  /// The values that the hash of a run is made of. Keys that were added later are left out where they have the value
  /// that runs had before.
  public var hashedValues: [String: SettingValue] {
    var before = defaults.inBlock(shape.block).values
    // Attention had this key in the first records, so its hashes contain it.
    if kind == Attention.kind { before["embedding_dropout"] = nil }
    let hashed = shape.hashedValues
    let own = shape.recordValues.filter { key, value in
      before[key].map { $0 != value } ?? (hashed[key] != nil)
    }
    return joined(own) { $0.hashedValues }
  }

  private func joined(
    _ shape: [String: SettingValue], _ own: (any MixerSettings) -> [String: SettingValue]
  ) -> [String: SettingValue] {
    var values = shape
    values["kind"] = .string(kind)
    guard isHybrid else { return values.merging(own(mixers[0])) { $1 } }
    values[Self.mixersKey] = .array(
      mixers.map { mixer in
        .object(own(mixer).merging(["kind": .string(type(of: mixer).kind)]) { $1 })
      })
    return values
  }

  /// The value at a path such as `d_state` or `mixers.0.d_state`; nil where there is none.
  public func value(at path: String) -> SettingValue? {
    SettingValue.object(values).value(at: path)
  }

  /// The model with another value at a path. Throws `SettingsError` for a value that is not allowed.
  public func setting(
    _ path: String, to value: SettingValue
  ) throws(SettingsError) -> ModelConfiguration {
    guard case .object(let values) = SettingValue.object(values).setting(path, to: value)
    else { return self }
    return try ModelConfiguration(values)
  }
}

/// Coded as in records.
extension ModelConfiguration: Codable {
  public init(from decoder: any Decoder) throws {
    try self.init(record: [String: SettingValue](from: decoder))
  }

  public func encode(to encoder: any Encoder) throws {
    try joined(shape.recordValues) { $0.recordValues }.encode(to: encoder)
  }
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

extension ModelConfiguration {
  /// The most dimensions of keys of a layer (`MixerSettings.keyDimensions`); nil where no layer looks anything up by a key.
  package func keyDimensions(length: Int) -> Int? {
    mixers.compactMap {
      $0.keyDimensions(modelDimension: shape.modelDimension, length: length)
    }.max()
  }
}

extension MixerSettings {
  /// For comparing mixers of unknown type.
  package var erased: AnyHashable { AnyHashable(self) }
}
