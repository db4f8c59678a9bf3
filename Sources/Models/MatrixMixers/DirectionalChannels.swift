import Autodiff
import Support

/// The sizes of mixers with an SSD in each direction.
struct DirectionalSizes: Hashable, Sendable {
  /// N: state scalars per inner channel and direction.
  var stateDimension = 64
  /// Heads of a group share B and C.
  var groups = 1
  /// Tokens per chunk of a scan; changes speed and rounding, not the result.
  var chunkLength = 64
}

/// Settings of mixers with an SSD in each direction.
protocol DirectionalSettings: MatrixSettings {
  var scan: DirectionalSizes { get set }
}

extension DirectionalSettings {
  static var scanKeys: [SettingKey<Self>] {
    blockKeys + [
      .stateDimension(\.scan.stateDimension), .groups(\.scan.groups),
      .chunkLength(\.scan.chunkLength),
    ]
  }

  func validate(modelDimension: Int) throws(SettingsError) {
    try block.validate(modelDimension: modelDimension, standard: Self().block.headDimension)
    try SettingsError.checkGroups(scan.groups, ofHeads: block.heads(modelDimension))
  }
}

/// The channels of a mixer with an SSD in each direction: x, B_f, C_f, B_b, C_b, which are convolved, and dt_f, dt_b.
struct DirectionalChannels: Sendable {
  let block: MatrixBlock
  let scans: DirectionalSSD

  /// `isDoubled`: the results of both directions stand side by side.
  init(
    _ settings: some DirectionalSettings, isDoubled: Bool, _ context: LayerContext,
    in layout: ParameterLayout
  ) {
    let (sizes, heads) = (settings.scan, settings.block.heads(context.modelDimension))
    block = MatrixBlock(
      settings.block, own: 4 * sizes.groups * sizes.stateDimension, rest: 2 * heads,
      isDoubled: isDoubled, context, in: layout)
    scans = DirectionalSSD(
      heads: heads, headDimension: settings.block.headDimension, groups: sizes.groups,
      states: sizes.stateDimension, chunkLength: sizes.chunkLength, prefix: context.prefix,
      in: layout)
  }

  /// The channels of B_f, C_f, B_b or C_b among those after x.
  private func own(_ index: Int) -> Range<Int> {
    index * scans.width..<(index + 1) * scans.width
  }

  func parts(_ inputs: MatrixBlock.Inputs, on tape: Tape)
    -> (x: Tensor, forward: DirectionalSSD.Operands, backward: DirectionalSSD.Operands)
  {
    let (inner, heads) = (block.innerDimension, scans.heads)
    func slice(_ index: Int) -> Tensor {
      let range = own(index)
      return tape.slice(
        inner + range.lowerBound..<inner + range.upperBound, of: inputs.activated)
    }
    return (
      tape.slice(0..<inner, of: inputs.activated),
      DirectionalSSD.Operands(
        b: slice(0), c: slice(1), dt: tape.slice(0..<heads, of: inputs.rest!)),
      DirectionalSSD.Operands(
        b: slice(2), c: slice(3), dt: tape.slice(heads..<2 * heads, of: inputs.rest!))
    )
  }

  /// The same in Double.
  struct ReferenceParts: Sendable {
    let x: [[Double]]
    let forward: DirectionalSSD.ReferenceOperands, backward: DirectionalSSD.ReferenceOperands
  }

  func parts(_ inputs: MatrixBlock.ReferenceInputs) -> ReferenceParts {
    let heads = scans.heads
    return ReferenceParts(
      x: inputs.channels.map { Array($0[..<block.innerDimension]) },
      forward: DirectionalSSD.ReferenceOperands(
        b: inputs.own(own(0)), c: inputs.own(own(1)), dt: inputs.rest.map { Array($0[..<heads]) }),
      backward: DirectionalSSD.ReferenceOperands(
        b: inputs.own(own(2)), c: inputs.own(own(3)), dt: inputs.rest.map { Array($0[heads...]) }))
  }
}
