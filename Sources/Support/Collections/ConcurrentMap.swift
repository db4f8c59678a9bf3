import Dispatch
import Synchronization

extension Array where Element: Sendable {
  /// As `map`, on all cores. Throws the first element's error of those that threw.
  package func concurrentMap<Value: Sendable>(
    _ transform: @Sendable (Element) throws -> Value
  ) throws -> [Value] {
    let results = Mutex<[Int: Result<Value, any Error>]>([:])
    DispatchQueue.concurrentPerform(iterations: count) { index in
      let result = Result { try transform(self[index]) }
      results.withLock { $0[index] = result }
    }
    let made = results.withLock { $0 }
    return try indices.map { try made[$0]!.get() }
  }
}
