import Autodiff

extension OperationChecks {
  static let parameterRowsChecks = [(1, 1, 1), (7, 3, 3), (5, 5, 17), (30, 17, 4)].map {
    total, count, columns in
    OperationCheck(
      "\(count) of \(total) parameter rows of \(columns)", activations: [],
      weights: [.init([1, total, columns])]
    ) { tape, _, w in
      [tape.rows(count, of: w[0])]
    } reference: { _, w in
      [Array(w[0][..<(count * columns)])]
    }
  }
}
