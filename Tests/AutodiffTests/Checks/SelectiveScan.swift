import Autodiff

extension OperationChecks {
  /// (batch, length, channels, N), and what dt_raw is drawn around.
  static let selectiveScanChecks = [
    (1, 1, 1, 1, -1), (1, 7, 16, 1, -1), (3, 16, 17, 2, -1), (1, 17, 7, 16, -1), (3, 33, 5, 4, -3),
    (1, 65, 33, 7, 1), (1, 40, 32, 17, -1), (1, 70, 65, 3, 4), (1, 20, 2, 64, -1),
  ].map { (batch: Int, length: Int, channels: Int, states: Int, dt: Double) in
    OperationCheck(
      "selective scan \(batch)×\(length)×\(channels), \(states) states, time step \(dt)",
      activations: [
        .init(batch, length, channels),
        .init(batch, length, channels, .uniform(dt - 1, dt + 1)),
        .init(batch, length, states), .init(batch, length, states), .init(batch, length, channels),
      ],
      weights: [.init([channels, states], .uniform(-1, 2)), .init([channels])]
    ) { tape, x, w in
      [
        tape.selectiveScan(
          x[0], dt: x[1], B: x[2], C: x[3], gate: x[4], aLog: w[0], D: w[1])
      ]
    } reference: { x, w in
      [
        eachExample(batch, length, state: [Double](repeating: 0, count: channels * states)) {
          TokenStep.selectiveScan(
            x[0].row($0, of: channels), dt: x[1].row($0, of: channels),
            B: x[2].row($0, of: states), C: x[3].row($0, of: states),
            gate: x[4].row($0, of: channels), aLog: w[0], D: w[1], state: &$1)
        }
      ]
    }
  }
}
