import Autodiff
import Support

extension LanguageModel {
  /// The state of every layer, and the number of tokens so far.
  public struct State: Sendable {
    public internal(set) var layers: [MixerState]
    public internal(set) var tokens = 0

    public var scalars: Int { layers.reduce(0) { $0 + $1.scalars } }

    /// Rounds the state of every layer (`MixerState.roundToBFloat16`).
    package mutating func roundToBFloat16() {
      for index in layers.indices { layers[index].roundToBFloat16() }
    }
  }

  /// Whether every layer has a recurrence, so that the model has a state and a `step`.
  public var hasRecurrence: Bool { layers.allSatisfy { $0.mixer is any RecurrentMixer } }

  /// The recurrence of one layer; nil for a mixer that has none.
  package func recurrence(ofLayer index: Int) -> (any RecurrentMixer)? {
    layers[index].mixer as? any RecurrentMixer
  }

  /// The mixers of all layers as recurrences. Throws `SettingsError` naming the first mixer that has none.
  package var recurrences: [any RecurrentMixer] {
    get throws(SettingsError) {
      var recurrences: [any RecurrentMixer] = []
      for (index, layer) in layers.enumerated() {
        guard let mixer = layer.mixer as? any RecurrentMixer else {
          let kind = type(of: configuration.mixer(ofLayer: index)).kind
          throw SettingsError(
            "kind", kind, allowed: "mixers with a recurrence here, and \(kind) has no recurrence")
        }
        recurrences.append(mixer)
      }
      return recurrences
    }
  }

  /// Throws `SettingsError` for a model with a layer that has no recurrence.
  public func initialState() throws(SettingsError) -> State {
    State(layers: try recurrences.map { $0.initialState() })
  }

  /// One token through the recurrences → logits [V], in Double, without dropout. Throws as `initialState`.
  public func step(
    _ token: Int, state: inout State, weights: ReferenceWeights
  ) throws(SettingsError) -> [Double] {
    let recurrences = try recurrences
    let embedding = weights(tokenEmbedding)
    var h = embed(token, position: state.tokens, embedding: embedding, weights: weights)
    var residual: [Double]?
    var shared: [Double]?
    for (index, layer) in layers.enumerated() {
      (h, residual) = layer.step(h, residual: residual, weights: weights) {
        recurrences[index].step(
          $0, shared: &shared, state: &state.layers[index], weights: weights)
      }
    }
    state.tokens += 1
    return head(h, residual: residual, embedding: embedding, weights: weights)
  }

  /// A token's embedding with that of its position.
  func embed(
    _ token: Int, position: Int, embedding: [Double], weights: ReferenceWeights
  ) -> [Double] {
    let d = configuration.shape.modelDimension
    var h = Array(embedding[(token * d)..<((token + 1) * d)])
    let offset = position * d
    if let table = positionEmbedding.map(weights.callAsFunction) {
      for c in 0..<d { h[c] += table[offset + c] }
    }
    if !sinusoids.isEmpty { for c in 0..<d { h[c] += Double(sinusoids[offset + c]) } }
    if let typedEmbedding {
      let types = weights(typedEmbedding.types)
      h = weights.normalize((0..<d).map { h[$0] + types[$0] }, typedEmbedding.norm)
    }
    return h
  }

  /// The last layer's output and the residual stream → logits [V].
  func head(
    _ h: [Double], residual: [Double]?, embedding: [Double], weights: ReferenceWeights
  ) -> [Double] {
    let d = configuration.shape.modelDimension
    var out = residual.map { zip($0, h).map(+) } ?? h
    if let finalNorm { out = weights.normalize(out, finalNorm) }
    if let maskedTokenHead { out = maskedTokenHead.step(out, weights: weights) }
    let bias = maskedTokenHead.map { weights($0.bias) }
    return (0..<configuration.shape.vocabularySize).map { token in
      var logit = bias?[token] ?? 0
      for c in 0..<d { logit += embedding[token * d + c] * out[c] }
      return logit
    }
  }

  /// Multiply-adds of one `step`, logits of the whole vocabulary included. `sizes` are those of the state of each
  /// layer after the step. Throws as `initialState`.
  package func stepMultiplyAdds(
    leaving sizes: [[StatePart: Int]]
  ) throws(SettingsError) -> Int {
    var sum = headWeights
    for (index, mixer) in try recurrences.enumerated() {
      sum += mixer.stepMultiplyAdds(leaving: sizes[index])
      sum += layers[index].channelMixer?.weightCount ?? 0
    }
    return sum
  }
}

extension ModelConfiguration {
  /// The kinds of its mixers that have no recurrence.
  package var kindsWithoutRecurrence: [String] {
    let layers = LanguageModel(withSmallestTables()).layers
    return layers.enumerated().filter { !($0.element.mixer is any RecurrentMixer) }
      .map { type(of: mixer(ofLayer: $0.offset)).kind }.distinct
  }

  /// Whether every layer has a recurrence, so that the model has a state.
  public var hasRecurrence: Bool { LanguageModel(withSmallestTables()).hasRecurrence }
}
