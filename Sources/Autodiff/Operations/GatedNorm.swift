import Kernels

extension Tape {
  /// out = v / √(mean v² + 1e-5) ⊙ weight, v = y ⊙ SiLU(z), the mean over each of `groups` runs of
  /// channels; y, z, out [batch, length, channels], weight [channels].
  ///
  /// Mamba-2's RMSNormGated with norm_before_gate false (Dao and Gu 2024).
  public func gatedRMSNorm(_ y: Tensor, gate z: Tensor, weight: Parameter, groups: Int) -> Tensor {
    let channels = y.channels
    precondition(
      z.channels == channels && z.rows == y.rows && weight.count == channels,
      "gated norm of \(channels) channels with \(z.channels) gates and \(weight.count) weights")
    precondition(channels % groups == 0, "\(channels) channels in \(groups) groups")
    let out = tensor(batch: y.batch, length: y.length, channels: channels)
    let start = arena.mark
    let norm = GatedNorm(
      rows: y.rows, groups: groups, width: channels / groups, y: y.valueRows, z: z.valueRows,
      weight: values(of: weight), epsilon: 1e-5, reciprocalRoots: arena.allocate(y.rows * groups))
    Kernels.gatedNorm(norm, into: out.valueRows)
    if !differentiates { arena.release(to: start) }

    record(GatedNormBackward(y: y, z: z, weight: weight, norm: norm, result: out))
    return out
  }
}

private struct GatedNormBackward: RecordedOperation {
  let y: Tensor, z: Tensor, weight: Parameter
  let norm: GatedNorm
  let result: Tensor

  /// out = v r w, r = 1/rms(v)  →  dv = r (dout w − v r mean(dout w v r));  v = y z σ(z)
  func backward(on tape: Tape) {
    tape.arena.withScratch {
      Kernels.gatedNormBackward(
        norm, gradient: result.gradientRows, scratch: tape.arena.allocate(4 * norm.width),
        weightGradient: tape.gradient(of: weight), y: tape.gradientRows(of: y),
        z: tape.gradientRows(of: z))
    }
  }
}

extension TokenStep {
  /// out = v / √(mean v² + 1e-5) ⊙ weight, v = y ⊙ SiLU(z), the mean over each of `groups` runs of
  /// channels; y, z, weight, out [channels].
  public static func gatedRMSNorm(
    _ y: [Double], gate z: [Double], weight: [Double], groups: Int
  ) -> [Double] {
    let width = y.count / groups
    let v = zip(y, z).map { $0 * silu($1) }
    return (0..<groups).flatMap { group in
      let channels = group * width..<(group + 1) * width
      return norm(Array(v[channels]), weight: Array(weight[channels]))
    }
  }
}

extension OperationCatalog {
  /// (batch, length, width of a group, groups)
  private static let gatedNormSizes = [
    (1, 1, 1, 1), (3, 7, 16, 1), (1, 16, 17, 2), (1, 17, 7, 3), (2, 33, 128, 1),
  ]

  static let gatedNormChecks = gatedNormSizes.map { batch, length, width, groups in
    let channels = width * groups
    return OperationCheck(
      "gated RMS norm \(batch)×\(length)×\(channels) in \(groups)",
      activations: [
        .init(batch, length, channels), .init(batch, length, channels, .normal(scale: 2)),
      ],
      weights: [.init([channels])]
    ) { tape, x, w in
      [tape.gatedRMSNorm(x[0], gate: x[1], weight: w[0], groups: groups)]
    } reference: { x, w in
      [
        (0..<batch * length).flatMap {
          TokenStep.gatedRMSNorm(
            x[0].row($0, of: channels), gate: x[1].row($0, of: channels), weight: w[0],
            groups: groups)
        }
      ]
    }
  }
}
