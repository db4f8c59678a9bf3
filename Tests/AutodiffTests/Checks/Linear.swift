import Autodiff

extension OperationChecks {
  static let linearChecks = [(1, 1, 1), (7, 16, 17), (16, 17, 7), (65, 64, 130), (140, 73, 141)]
    .flatMap { size in
      let (rows, inputs, outputs) = size
      return [false, true].map { hasBias in
        OperationCheck(
          "linear \(rows)×\(inputs)→\(outputs)\(hasBias ? " with bias" : "")",
          activations: [.init(1, rows, inputs)],
          weights: [.init([outputs, inputs])] + (hasBias ? [.init([outputs])] : [])
        ) { tape, x, w in
          [tape.linear(x[0], weight: w[0], bias: hasBias ? w[1] : nil)]
        } reference: { x, w in
          [
            (0..<rows).flatMap {
              TokenStep.linear(x[0].row($0, of: inputs), weight: w[0], bias: hasBias ? w[1] : nil)
            }
          ]
        }
      }
    }
}
