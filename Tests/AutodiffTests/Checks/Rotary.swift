import Autodiff

extension OperationChecks {
  static let rotaryChecks = [
    (1, 1, 1, 2), (3, 7, 2, 16), (1, 16, 1, 34), (2, 17, 3, 6), (1, 65, 2, 32),
  ]
  .map { batch, length, heads, width in
    let table = RotaryTable(length: length + 3, width: width)
    return OperationCheck(
      "rotary \(batch)×\(length), \(heads) heads of \(width)",
      activations: [.init(batch, length, heads * width)]
    ) { tape, x, _ in
      [tape.rotary(x[0], table, scale: 0.25)]
    } reference: { x, _ in
      [
        (0..<batch * length).flatMap {
          TokenStep.rotary(
            x[0].row($0, of: heads * width), position: $0 % length, width: width, scale: 0.25)
        }
      ]
    }
  }
}
