import Autodiff

extension OperationChecks {
  /// The window's times and rates are parameters of their own, which are not trained.
  static let decayWindowChecks = [(1, 1), (7, 16), (17, 5), (65, 33)].map { length, channels in
    let times = (0..<length).map { Float($0) / Float(max(1, length - 1)) }
    let rates = (0..<channels).map { -3 - 12 * Float($0) / Float(channels) }
    return OperationCheck(
      "decay window \(length)×\(channels)", activations: [.init(1, length, channels)]
    ) { tape, x, _ in
      [tape.decayWindow(x[0], times: times, rates: rates)]
    } reference: { x, _ in
      [
        (0..<length).flatMap {
          TokenStep.decayWindow(
            x[0].row($0, of: channels), time: Double(times[$0]), rates: rates.map(Double.init))
        }
      ]
    }
  }
}
