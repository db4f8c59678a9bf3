import Autodiff

/// One layer: a mixer in a residual block, with a channel mixer if wanted.
struct Layer: Sendable {
  let block: BlockKind
  let mixer: any SequenceMixer
  /// The mixer, if it has filters that sequences share.
  let filterMixer: (any FilterMixer)?
  /// None in M2's block.
  let norm: Normalization?
  /// The norm before the channel mixer, in post-norm blocks after it. Zoology's block has it even without a channel
  /// mixer.
  let secondNorm: Normalization?
  let channelMixer: ChannelMixer?

  init(_ configuration: ModelConfiguration, layer: Int, in layout: ParameterLayout) {
    let shape = configuration.shape
    let prefix = shape.frame.prefix(ofLayer: layer)
    let names = LayerNames(shape)
    let block = shape.block
    self.block = block
    let context = LayerContext(
      modelDimension: shape.modelDimension, maximumLength: shape.maximumLength,
      layers: shape.layers, layer: layer, isFirstOfKind: configuration.isFirstOfKind(layer),
      prefix: prefix + names.mixer + (configuration.isHybrid ? "mixer." : ""),
      startsAsZoology: block == .zoology)
    mixer = configuration.mixer(ofLayer: layer).mixer(context, in: layout)
    filterMixer = (mixer as? any FilterMixer).flatMap {
      $0.filterMultiplyAdds(length: 1) > 0 ? $0 : nil
    }
    func makeNorm(_ name: String) -> Normalization {
      block == .preNorm
        ? layout.rmsNorm(prefix + name, shape.modelDimension)
        : layout.layerNorm(
          prefix + name, shape.modelDimension, epsilon: block.isPostNorm ? 1e-12 : 1e-5)
    }
    norm = block == .m2 ? nil : makeNorm(names.norm)
    secondNorm = block == .zoology || shape.mlp != .none ? makeNorm(names.secondNorm) : nil
    channelMixer = ChannelMixer(
      shape, prefix: prefix + names.channelMixer,
      outputStd: block.isPostNorm ? 0.02 : context.zoologyStd(isOutput: true), in: layout)
  }

  /// Takes h, the output of the layer before, and the residual stream; returns both after this layer, by the
  /// equations of `BlockKind`. In BERT's block and M2's the residual stream is nil. With `rows`, both results are
  /// [1, rows, d_model] for these rows.
  func callAsFunction(
    _ h: Tensor, residual: Tensor?, shared: inout Tensor?, rows: PositionSelection?, on tape: Tape
  ) -> (Tensor, residual: Tensor?) {
    guard let norm, !block.isPostNorm else {
      return (postNorm(h, shared: &shared, rows: rows, on: tape), nil)
    }
    let first = tape.residualNorm(h, residual: residual, norm)
    let mixed = mixer(first.normed, shared: &shared, rows: rows, on: tape)
    let stream = rows.map { tape.gather($0, of: first.residual) } ?? first.residual
    guard let secondNorm else { return (mixed, stream) }
    let second = tape.residualNorm(mixed, residual: stream, secondNorm)
    return (channelMixer?(second.normed, on: tape) ?? second.normed, second.residual)
  }

  private func postNorm(
    _ h: Tensor, shared: inout Tensor?, rows: PositionSelection?, on tape: Tape
  ) -> Tensor {
    let own = norm == nil ? nil : rows.map { tape.gather($0, of: h) } ?? h
    var mixed = mixer(h, shared: &shared, rows: rows, on: tape)
    if let norm {
      mixed = tape.residualNorm(mixed, residual: own, norm, keepsResidual: false).normed
    }
    guard let secondNorm, let channelMixer else { return mixed }
    return tape.residualNorm(
      channelMixer(mixed, on: tape), residual: mixed, secondNorm, keepsResidual: false
    ).normed
  }

  /// The layer for one token, in Double. `mix` is the mixer's step.
  func step(
    _ h: [Double], residual: [Double]?, weights: ReferenceWeights, mix: ([Double]) -> [Double]
  ) -> ([Double], residual: [Double]?) {
    guard let norm, !block.isPostNorm else {
      let mixed = mix(h)
      var out = norm.map { weights.normalize(zip(h, mixed).map(+), $0) } ?? mixed
      if let secondNorm, let channelMixer {
        let mixed = channelMixer.step(out, weights: weights)
        out = weights.normalize(zip(out, mixed).map(+), secondNorm)
      }
      return (out, nil)
    }
    var r = residual.map { zip($0, h).map(+) } ?? h
    let mixed = mix(weights.normalize(r, norm))
    guard let secondNorm else { return (mixed, r) }
    r = zip(r, mixed).map(+)
    let normed = weights.normalize(r, secondNorm)
    return (channelMixer?.step(normed, weights: weights) ?? normed, r)
  }

  /// Multiply-adds of a forward pass over one sequence.
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int {
    mixer.multiplyAdds(length: length, outputs: outputs)
      + outputs.count * (channelMixer?.weightCount ?? 0)
  }

  /// Floats of a training pass over one sequence, as `SequenceMixer.trainingFloats`.
  func trainingFloats(length: Int, outputs: Int) -> Double {
    mixer.trainingFloats(length: length, outputs: outputs)
      + Double(outputs) * Double(channelMixer?.trainingFloatsPerOutput ?? 0)
  }
}

/// The names of a layer's parameters, after its prefix, as the public implementations have them.
private struct LayerNames {
  let mixer: String, norm: String, secondNorm: String, channelMixer: String

  init(_ shape: ModelShape) {
    guard shape.frame == .plain else {
      // Gated MLPs as in M2's BERT, the plain one as in BERT.
      (mixer, norm) = ("attention.", "attention.output.LayerNorm")
      (secondNorm, channelMixer) =
        shape.mlp == .gelu ? ("output.LayerNorm", "") : ("mlp.layernorm", "mlp.")
      return
    }
    switch shape.block {
    case .zoology:
      (mixer, norm, secondNorm, channelMixer) =
        ("sequence_mixer.", "norm1", "norm2", "state_mixer.")
    // mamba_ssm's Block
    case .preNorm: (mixer, norm, secondNorm, channelMixer) = ("mixer.", "norm", "norm2", "mlp.")
    // The second norm is named as in M2's BERT.
    case .postNorm, .m2:
      (mixer, norm, secondNorm, channelMixer) = ("mixer.", "norm", "mlp.layernorm", "mlp.")
    case .common, .own: preconditionFailure("\(shape.block) is only a name for another block")
    }
  }
}

extension ParameterLayout {
  func layerNorm(_ name: String, _ d: Int, epsilon: Float = 1e-5) -> Normalization {
    Normalization(
      weight: add(name + ".weight", [d], .ones), bias: add(name + ".bias", [d], .zeros),
      epsilon: epsilon)
  }

  func rmsNorm(_ name: String, _ d: Int) -> Normalization {
    Normalization(weight: add(name + ".weight", [d], .ones))
  }
}
