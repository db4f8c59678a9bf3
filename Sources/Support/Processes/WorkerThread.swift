import Foundation

/// A thread of this process. Foundation's `Thread` does not say when the system gives none; whoever waits for its work would
/// then wait for ever.
package enum WorkerThread {
  /// Runs `body` on a new thread. If the system has no memory for its stack, this writes so to standard error and ends the
  /// process with status 1: no caller could go on, and runs go on from their checkpoints.
  ///
  /// - Parameter stack: bytes. As large as the stack of a process's first thread, unless another size is given.
  package static func start(stack: Int = 8 << 20, _ body: @escaping @Sendable () -> Void) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stack)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let work = Unmanaged.passRetained(ThreadWork(body)).toOpaque()
    #if os(Linux)
      var thread = pthread_t()
      let status = pthread_create(&thread, &attributes, { runThreadWork($0!) }, work)
    #else
      var thread: pthread_t?
      let status = pthread_create(&thread, &attributes, { runThreadWork($0) }, work)
    #endif
    guard status != 0 else { return }
    StandardStreams.message(
      "error: no memory for a thread of \(stack >> 10) kB: \(String(cString: strerror(status)))\n")
    exit(EXIT_FAILURE)
  }
}

private final class ThreadWork: Sendable {
  let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

private func runThreadWork(_ work: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
  Unmanaged<ThreadWork>.fromOpaque(work).takeRetainedValue().body()
  return nil
}
