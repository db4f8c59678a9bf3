import Autodiff

private struct DeltaRuleCase {
  let batch: Int, length: Int, heads: Int, keyWidth: Int, valueWidth: Int
  let chunk: Int

  init(_ batch: Int, _ length: Int, _ heads: Int, _ k: Int, _ v: Int, chunk: Int) {
    (self.batch, self.length, self.heads) = (batch, length, heads)
    (keyWidth, valueWidth, self.chunk) = (k, v, chunk)
  }

  /// Keys are about as long as 1, as β near 2 needs.
  func check(
    _ decay: CheckedDecay, beta: OperationCheck.Values = .uniform(0, 1)
  ) -> OperationCheck {
    let (keys, values) = (heads * keyWidth, heads * valueWidth)
    let scale = 0.5
    let drawn = OperationCheck.Values.normal(scale: 0.9 / Double(keyWidth).squareRoot())
    return OperationCheck(
      "delta rule \(batch)×\(length), \(heads) heads of \(keyWidth) and \(valueWidth), chunk "
        + "\(chunk), decay \(decay), β \(beta)",
      activations: [
        .init(batch, length, keys), .init(batch, length, keys, drawn),
        .init(batch, length, values), .init(batch, length, heads, beta),
      ] + decay.activations(batch, length, heads: heads, keyWidth: keyWidth)
    ) { tape, x, _ in
      [
        tape.deltaRule(
          x[0], x[1], x[2], beta: x[3], heads: heads,
          decay: decay.operand(x.count > 4 ? x[4] : nil, heads: heads), scale: Float(scale),
          chunkLength: chunk)
      ]
    } reference: { x, _ in
      [
        eachExample(batch, length, state: .init(repeating: 0, count: keys * valueWidth)) {
          TokenStep.deltaRule(
            x[0].row($0, of: keys), x[1].row($0, of: keys), x[2].row($0, of: values),
            beta: x[3].row($0, of: heads), heads: heads,
            logDecay: decay.reference(
              x.count > 4 ? x[4] : nil, row: $0, heads: heads, keyWidth: keyWidth),
            scale: scale, state: &$1)
        }
      ]
    }
  }
}

extension OperationChecks {
  private static let deltaRuleCases = [
    DeltaRuleCase(1, 1, 1, 1, 1, chunk: 64), DeltaRuleCase(1, 7, 2, 7, 16, chunk: 7),
    DeltaRuleCase(3, 16, 2, 16, 7, chunk: 16), DeltaRuleCase(2, 17, 1, 5, 17, chunk: 1),
    DeltaRuleCase(1, 17, 3, 4, 3, chunk: 7), DeltaRuleCase(1, 70, 2, 17, 5, chunk: 64),
    DeltaRuleCase(1, 50, 1, 3, 2, chunk: 33), DeltaRuleCase(1, 20, 1, 4, 66, chunk: 64),
  ]

  static let deltaRuleChecks: [OperationCheck] =
    deltaRuleCases.flatMap { size in
      [
        size.check(.none), size.check(.perHead(.uniform(-1, 0))),
        size.check(.perChannel(.uniform(-1, 0))),
      ]
    } + [
      DeltaRuleCase(1, 259, 1, 3, 2, chunk: 64).check(.none),
      DeltaRuleCase(1, 40, 2, 4, 3, chunk: 16).check(.none, beta: .uniform(0, 0)),
      DeltaRuleCase(1, 40, 2, 4, 3, chunk: 16).check(.none, beta: .uniform(2, 2)),
      DeltaRuleCase(1, 40, 2, 4, 3, chunk: 40)
        .check(.perHead(.uniform(-1, 0)), beta: .uniform(2, 2)),
      // Some tokens write nothing, others reflect the state.
      DeltaRuleCase(1, 40, 2, 4, 3, chunk: 16).check(.none, beta: .alternating(0, 2)),
      DeltaRuleCase(1, 40, 2, 4, 3, chunk: 16)
        .check(.perChannel(.uniform(-1, 0)), beta: .alternating(2, 0)),
      // One channel or head that loses 35 per token beside one that keeps .9999.
      DeltaRuleCase(1, 70, 2, 4, 3, chunk: 64).check(.perChannel(.alternating(-35, -1e-4))),
      DeltaRuleCase(1, 70, 2, 4, 3, chunk: 64).check(.perHead(.alternating(-35, -1e-4))),
      DeltaRuleCase(1, 70, 1, 3, 3, chunk: 40).check(.perChannel(.alternating(-35, -1e-4))),
      DeltaRuleCase(1, 70, 1, 3, 3, chunk: 40).check(.perHead(.alternating(-35, -1e-4))),
    ]
}
