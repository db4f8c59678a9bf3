import Synchronization

/// The number of heap allocations of the process, if the program counts them.
package enum HeapAllocations {
  /// A C function, because calling it allocates no memory.
  package typealias Counter = @Sendable @convention(c) () -> Int

  private static let counter = Mutex<Counter?>(nil)

  /// Sets the function that counts: it returns the allocations since the process started, or -1 if they are not
  /// counted.
  package static func count(by counter: @escaping Counter) {
    Self.counter.withLock { $0 = counter }
  }

  /// Allocations since the process started; nil if they are not counted.
  static var count: Int? {
    guard let count = counter.withLock({ $0 })?(), count >= 0 else { return nil }
    return count
  }
}
