import Autodiff
import Foundation

/// What a recurrence's check draws log-decays from, none, or which are fixed.
enum CheckedDecay {
  case none
  case fixed
  case perHead(OperationCheck.Values)
  case perChannel(OperationCheck.Values)

  func activations(_ batch: Int, _ length: Int, heads: Int, keyWidth: Int)
    -> [OperationCheck.Activation]
  {
    switch self {
    case .none, .fixed: []
    case .perHead(let values): [.init(batch, length, heads, values)]
    case .perChannel(let values): [.init(batch, length, heads * keyWidth, values)]
    }
  }

  /// RetNet's.
  static func fixed(heads: Int) -> [Float] {
    (0..<heads).map { Float(log1p(-1 / Double(32 << $0))) }
  }

  /// With the tensor of `activations`, if there is one.
  func operand(_ g: Tensor?, heads: Int) -> LogDecay {
    switch self {
    case .none: .none
    case .fixed: .fixed(Self.fixed(heads: heads))
    case .perHead: .perHead(g!)
    case .perChannel: .perChannel(g!)
    }
  }

  /// The same for one row.
  func reference(_ g: [Double]?, row: Int, heads: Int, keyWidth: Int) -> [Double] {
    switch self {
    case .none: []
    case .fixed: Self.fixed(heads: heads).map(Double.init)
    case .perHead: g!.row(row, of: heads)
    case .perChannel: g!.row(row, of: heads * keyWidth)
    }
  }
}

private struct LinearAttentionCase {
  let batch: Int, length: Int, heads: Int, keyWidth: Int, valueWidth: Int
  let chunk: Int

  init(_ batch: Int, _ length: Int, _ heads: Int, _ k: Int, _ v: Int, chunk: Int) {
    (self.batch, self.length, self.heads) = (batch, length, heads)
    (keyWidth, valueWidth, self.chunk) = (k, v, chunk)
  }

  /// Normalised, queries and keys are drawn from 0 to 1, so that no normaliser is near 0.
  func check(
    _ decay: CheckedDecay, features: FeatureMap = .identity, normalized: Bool = false
  ) -> OperationCheck {
    let (keys, values) = (heads * keyWidth, heads * valueWidth)
    let scale = 0.5
    let drawn: OperationCheck.Values = normalized ? .uniform(0, 1) : .normal(scale: 1)
    return OperationCheck(
      "linear attention \(batch)×\(length), \(heads) heads of \(keyWidth) and \(valueWidth), chunk "
        + "\(chunk), decay \(decay), \(features)\(normalized ? ", normalised" : "")",
      activations: [
        .init(batch, length, keys, drawn), .init(batch, length, keys, drawn),
        .init(batch, length, values),
      ] + decay.activations(batch, length, heads: heads, keyWidth: keyWidth)
    ) { tape, x, _ in
      [
        tape.linearAttention(
          x[0], x[1], x[2], heads: heads,
          decay: decay.operand(x.count > 3 ? x[3] : nil, heads: heads), scale: Float(scale),
          features: features, normalized: normalized, chunkLength: chunk)
      ]
    } reference: { x, _ in
      let state = heads * features.count(keyWidth) * (valueWidth + (normalized ? 1 : 0))
      return [
        eachExample(batch, length, state: .init(repeating: 0, count: state)) { row, state in
          TokenStep.linearAttention(
            x[0].row(row, of: keys), x[1].row(row, of: keys), x[2].row(row, of: values),
            heads: heads,
            logDecay: decay.reference(
              x.count > 3 ? x[3] : nil, row: row, heads: heads, keyWidth: keyWidth),
            scale: scale, features: features, normalized: normalized, state: &state)
        }
      ]
    }
  }
}

extension OperationChecks {
  private static let linearAttentionCases = [
    LinearAttentionCase(1, 1, 1, 1, 1, chunk: 64), LinearAttentionCase(1, 7, 2, 7, 16, chunk: 7),
    LinearAttentionCase(3, 16, 2, 16, 7, chunk: 16), LinearAttentionCase(2, 17, 1, 5, 17, chunk: 1),
    LinearAttentionCase(1, 17, 3, 4, 3, chunk: 7), LinearAttentionCase(1, 70, 2, 17, 5, chunk: 64),
    LinearAttentionCase(1, 50, 1, 3, 2, chunk: 33), LinearAttentionCase(1, 80, 1, 2, 3, chunk: 80),
  ]

  static let linearAttentionChecks: [OperationCheck] =
    linearAttentionCases.flatMap { size in
      [
        size.check(.none), size.check(.fixed), size.check(.perHead(.uniform(-1, 0))),
        size.check(.perChannel(.uniform(-1, 0))), size.check(.none, normalized: true),
        size.check(.none, features: .taylor, normalized: true),
      ]
    } + [
      LinearAttentionCase(1, 16, 1, 7, 4, chunk: 5).check(.none, features: .taylor),
      LinearAttentionCase(1, 259, 1, 3, 2, chunk: 64).check(.perChannel(.uniform(-1, 0))),
      LinearAttentionCase(1, 259, 1, 3, 2, chunk: 64)
        .check(.none, features: .taylor, normalized: true),
      // One channel or head that loses 35 per token beside one that keeps .9999.
      LinearAttentionCase(1, 70, 2, 4, 3, chunk: 64).check(.perChannel(.alternating(-35, -1e-4))),
      LinearAttentionCase(1, 70, 2, 4, 3, chunk: 64).check(.perHead(.alternating(-35, -1e-4))),
      LinearAttentionCase(1, 70, 1, 3, 3, chunk: 40).check(.perChannel(.alternating(-35, -1e-4))),
      LinearAttentionCase(1, 70, 1, 3, 3, chunk: 40).check(.perHead(.alternating(-35, -1e-4))),
    ]
}
