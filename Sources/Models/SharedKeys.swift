import Support

/// Keys that several mixers have: one declaration each, so that a name means the same in every mixer.
extension SettingKey {
  static func heads(_ property: Property<Int>) -> Self {
    .integer("num_heads", property, .atLeast(1), "heads")
  }

  /// N
  static func stateDimension(
    _ property: Property<Int>,
    _ bounds: SettingBounds<Root, Int> = .from(1, to: .init(ModelShape.largestDimension))
  ) -> Self {
    .integer("d_state", property, bounds, "N, state scalars per inner channel")
  }

  static func expand(_ property: Property<Int>) -> Self {
    .integer(
      "expand", property, 1...ModelShape.largestDimension, "inner channels per model channel")
  }

  /// P
  static func innerHeadDimension(_ property: Property<Int>) -> Self {
    .integer("headdim", property, 1...ModelShape.largestDimension, "inner channels per head")
  }

  static func groups(_ property: Property<Int>) -> Self {
    .integer(
      "ngroups", property, 1...ModelShape.largestDimension, "groups of heads that share B and C")
  }

  /// m
  static func queryKeyDimension(_ property: Property<Int>) -> Self {
    .integer(
      "qk_dim", property, 1...4096,
      "m, channels of queries and keys, or of B and C, for each head")
  }

  static func dataDependent(_ property: Property<Bool>) -> Self {
    .flag(
      "data_dependent", property,
      "whether the matrix follows from the tokens; else it is learned (in vandermonde the Fourier transform)"
    )
  }

  /// Hidden channels of the networks that make the filters of long convolutions.
  static func filterOrder(_ property: Property<Int>) -> Self {
    .integer("filter_order", property, 1...4096, "hidden channels of the filter's network")
  }

  static func gateRank(_ property: Property<Int>) -> Self {
    .integer("gate_low_rank_dim", property, 1...4096, "width of the gate's low-rank projection")
  }

  static func dropout(_ property: Property<Double>) -> Self {
    .number("dropout", property, .atLeast(0, below: 1), "dropout of attention weights, in training")
  }

  static func headDimension(
    _ property: Property<Int>, _ bounds: SettingBounds<Root, Int>
  ) -> Self {
    .integer("head_dim", property, bounds, "channels of a head's keys")
  }

  static func expandKeys(_ property: Property<Double>) -> Self {
    .number(
      "expand_k", property, .above(0, atMost: ModelShape.mostExpansion),
      "key channels per model channel")
  }

  static func expandValues(_ property: Property<Double>) -> Self {
    .number(
      "expand_v", property, .above(0, atMost: ModelShape.mostExpansion),
      "value channels per model channel, or per key channel where there is a head_dim")
  }

  /// Taps of the short convolutions.
  static func convolutionWidth(_ property: Property<Int>) -> Self {
    .integer("conv_size", property, 1...64, "taps of the short convolutions")
  }

  static func usesGate(_ property: Property<Bool>) -> Self {
    .flag("use_gate", property, "whether a SiLU gate multiplies the output")
  }

  /// Whether eigenvalues of a token's transition may be negative.
  static func allowsNegative(_ property: Property<Bool>) -> Self {
    .flag(
      "allow_neg_eigval", property,
      "write rates up to 2 instead of 1, so that the state's eigenvalues may be negative")
  }

  /// Tokens per chunk of the parallel form.
  static func chunkLength(_ property: Property<Int>, atMost most: Int = 1024) -> Self {
    .integer(
      "chunk_length", property, 1...most,
      "tokens per chunk of the parallel form; changes speed and rounding only")
  }
}
