import Synchronization

/// How often the process has asked its heap for memory, where the program counts that.
package enum HeapAllocations {
  /// A function of C, as a call of it takes no memory itself.
  package typealias Counter = @Sendable @convention(c) () -> Int

  private static let counter = Mutex<Counter?>(nil)

  /// Tells the benchmarks what counts: a function that returns allocations since the process started, or -1 if they
  /// are not counted.
  package static func count(by counter: @escaping Counter) {
    Self.counter.withLock { $0 = counter }
  }

  /// Allocations since the process started; nil where they are not counted.
  static var count: Int? {
    guard let count = counter.withLock({ $0 })?(), count >= 0 else { return nil }
    return count
  }
}
