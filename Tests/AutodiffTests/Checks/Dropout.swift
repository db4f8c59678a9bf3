import Autodiff
import KernelTwins
import Kernels

extension OperationChecks {
  static let dropoutChecks = [(1, 1, 1), (3, 7, 16), (1, 16, 17), (2, 65, 64)].flatMap { size in
    let (batch, length, channels) = size
    return [Float(0), 0.1, 0.5].map { rate in
      let stream = DropoutStream(key: 5, firstExample: 2)
      return OperationCheck(
        "dropout \(rate) of \(batch)×\(length)×\(channels)",
        activations: [.init(batch, length, channels), .init(batch, length, channels)]
      ) { tape, x, _ in
        tape.dropout = stream
        // Two sites, each with a mask of its own. At rate 0 the operation returns x itself, which is sent
        // through a second one, because the harness overwrites the gradients of results.
        return rate == 0
          ? x.map { tape.dropout(tape.dropout($0, rate: 0), rate: 0.25) }
          : x.map { tape.dropout($0, rate: rate) }
      } reference: { x, _ in
        var stream = stream
        let drop = DropoutRate(rate == 0 ? 0.25 : rate)
        return x.map { x in
          let site = stream.nextSite()
          return x.indices.map { index in
            let (example, element) = index.quotientAndRemainder(dividingBy: length * channels)
            let key = site.key(ofExample: example)
            return x[index] * Double(drop.plainFactor(key: key, counter: UInt32(element)))
          }
        }
      }
    }
  }
}
