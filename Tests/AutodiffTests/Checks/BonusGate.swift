import Autodiff

extension OperationChecks {
  static let bonusGateChecks = [
    (1, 1, 1, 1), (3, 7, 2, 16), (1, 16, 1, 17), (2, 17, 3, 7), (1, 65, 2, 33), (1, 2, 1, 300),
  ].map { batch, length, heads, width in
    let channels = heads * width
    return OperationCheck(
      "bonus \(batch)×\(length), \(heads) heads of \(width)",
      activations: .init(repeating: .init(batch, length, channels), count: 5),
      weights: [.init([heads, width])]
    ) { tape, x, w in
      [tape.bonusGate(x[0], r: x[1], k: x[2], v: x[3], gate: x[4], weight: w[0])]
    } reference: { x, w in
      [
        (0..<batch * length).flatMap { row in
          let x = x.map { $0.row(row, of: channels) }
          return TokenStep.bonusGate(
            x[0], r: x[1], k: x[2], v: x[3], gate: x[4], weight: w[0], heads: heads)
        }
      ]
    }
  }
}
