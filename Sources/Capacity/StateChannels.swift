/// Which channels carry a state-space model's state, for counting it in tables.
public enum StateChannels: String, Codable, CaseIterable, Sendable {
  /// The expand · d channels inside the mixer, each with its own state: what the recurrence carries.
  case inner
  /// The d channels of the model, as the formula of the published note has it.
  case model

  public var convention: CapacityConvention { self == .inner ? .innerChannels : .modelChannels }
}
