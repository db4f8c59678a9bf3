import Autodiff

/// A residual block: takes the stream r and the last block's output h, returns both anew.
struct Block: Sendable {
  let kind: BlockKind
  let mixer: any SequenceMixer
  let norm: Normalization
  /// The Transformer block's second norm, whose output is the block's output.
  let secondNorm: Normalization?

  init(
    _ configuration: any MixerConfiguration, layer: Int, of layers: Int, modelDimension d: Int,
    in layout: ParameterLayout
  ) {
    let prefix = "backbone.layers.\(layer)."
    kind = type(of: configuration).block
    let mixerName = kind == .transformer ? "sequence_mixer." : "mixer."
    let place = MixerPlace(modelDimension: d, layers: layers, prefix: prefix + mixerName)
    mixer = configuration.mixer(place, in: layout)
    switch kind {
    case .transformer:
      norm = layout.layerNorm(prefix + "norm1", d)
      secondNorm = layout.layerNorm(prefix + "norm2", d)
    case .stateSpace:
      norm = Normalization(weight: layout.add(prefix + "norm.weight", [d], .ones), bias: nil)
      secondNorm = nil
    }
  }

  /// State space: r ← r + h; h ← mixer(norm r).
  /// Transformer: the same with norm₁, then r ← r + h; h ← norm₂(r), which the next block adds to r again:
  /// part of the published recipe. With `rows`, both results are of those alone [1, rows, d_model].
  func callAsFunction(_ h: Tensor, residual: Tensor?, rows: PositionSelection?, on tape: Tape)
    -> (Tensor, residual: Tensor)
  {
    let first = tape.residualNorm(h, residual: residual, norm)
    let mixed = mixer(first.normed, rows: rows, on: tape)
    let kept = rows.map { tape.gather($0, of: first.residual) } ?? first.residual
    guard let secondNorm else { return (mixed, kept) }
    let second = tape.residualNorm(mixed, residual: kept, secondNorm)
    return (second.normed, second.residual)
  }

  func step(
    _ h: [Double], residual: [Double]?, state: inout MixerState, weights: Weights
  ) -> ([Double], residual: [Double]) {
    var r = residual.map { zip($0, h).map(+) } ?? h
    let mixed = mixer.step(weights.normalize(r, norm), state: &state, weights: weights)
    guard let secondNorm else { return (mixed, r) }
    r = zip(r, mixed).map(+)
    return (weights.normalize(r, secondNorm), r)
  }
}

extension ParameterLayout {
  func layerNorm(_ name: String, _ d: Int) -> Normalization {
    Normalization(
      weight: add(name + ".weight", [d], .ones), bias: add(name + ".bias", [d], .zeros))
  }
}
