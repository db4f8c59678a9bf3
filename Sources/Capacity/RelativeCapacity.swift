/// Which channels carry a state-space model's state, for counting it.
public enum StateChannels: String, Codable, CaseIterable, Sendable {
  /// The expand · d channels inside the mixer, each with its own state: what the recurrence carries.
  case inner
  /// The d channels of the model, as the formula of the published note has it.
  case model
}

/// State size relative to attention with two layers, the published tables' unit:
///
///     (state scalars per channel × channels × layers) / (L × d × 2)
///
/// - Parameters:
///   - stateDimension: N, state scalars per channel; nil for attention, which keeps the whole sequence (L).
///   - expand: inner channels per model channel.
///   - length: L, tokens of the tested sequences.
public func relativeCapacity(
  stateDimension: Int?, expand: Int, layers: Int, length: Int, channels: StateChannels
) -> Double {
  let perModelChannel =
    stateDimension.map { $0 * (channels == .inner ? expand : 1) } ?? length
  // d cancels.
  return Double(perModelChannel * layers) / Double(length * 2)
}
