import Dispatch
import Synchronization

extension Array where Element: Sendable {
  /// As `map`, on all cores.
  package func concurrentMap<Value: Sendable>(
    _ transform: @Sendable (Element) -> Value
  ) -> [Value] {
    let results = Mutex<[Int: Value]>([:])
    DispatchQueue.concurrentPerform(iterations: count) { index in
      let result = transform(self[index])
      results.withLock { $0[index] = result }
    }
    let made = results.withLock { $0 }
    return indices.map { made[$0]! }
  }
}
