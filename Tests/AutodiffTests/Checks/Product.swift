import Autodiff

extension OperationChecks {
  static let productChecks = [(1, 1, 1), (3, 7, 16), (1, 16, 17), (1, 17, 7), (2, 65, 33)]
    .flatMap { batch, length, channels in
      [false, true].map { adds in
        OperationCheck(
          "product \(batch)×\(length)×\(channels)\(adds ? ", and a sum" : "")",
          activations: .init(repeating: .init(batch, length, channels), count: adds ? 3 : 2)
        ) { tape, x, _ in
          [tape.product(x[0], x[1], adding: adds ? x[2] : nil)]
        } reference: { x, _ in
          [x[0].indices.map { x[0][$0] * x[1][$0] + (adds ? x[2][$0] : 0) }]
        }
      }
    }
}
