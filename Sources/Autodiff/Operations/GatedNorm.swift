import Kernels

extension Tape {
  /// out = v / √(mean v² + 1e-5) ⊙ weight, v = y ⊙ SiLU(z), with the mean over each of `groups` groups of consecutive
  /// channels; y, z, out [batch, length, channels], weight [channels].
  ///
  /// It is Mamba-2's RMSNormGated with norm_before_gate=False (Dao and Gu 2024).
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
  /// out = v / √(mean v² + 1e-5) ⊙ weight, v = y ⊙ SiLU(z), with the mean over each of `groups` groups of consecutive
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
