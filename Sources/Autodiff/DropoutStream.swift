import Support

/// Names the random numbers of dropout by training step, example and dropout site, so that a mask depends neither on
/// the division of a batch into microbatches nor on threads.
public struct DropoutStream: Sendable {
  /// A number derived from the run's seed and the step.
  public var key: UInt64
  /// The index of the tape's first example within the step's batch.
  public var firstExample: Int
  /// How many dropout sites the tape has passed.
  var sites: UInt64 = 0

  public init(key: UInt64, firstExample: Int) {
    self.key = key
    self.firstExample = firstExample
  }

  /// The next dropout site, in the order of the forward pass.
  package mutating func nextSite() -> DropoutSite {
    sites += 1
    return DropoutSite(base: mix(mix(key) &+ sites), firstExample: firstExample)
  }
}

/// One use of dropout in a model, within one pass of a tape.
///
/// Whether an element is dropped is decided by a hash of the step's key, the site's number, the example's index
/// within the step's batch and the element's number within the example. `key(ofExample:)` hashes the first three,
/// kernels the last.
public struct DropoutSite: Sendable {
  let base: UInt64
  let firstExample: Int

  /// The key of the mask of the tape's example `index`, for the dropout kernels.
  @inline(__always)
  public func key(ofExample index: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: mix(base ^ UInt64(firstExample + index)) >> 32)
  }
}

extension Tape {
  /// The next dropout site, in the order of the forward pass; nil when dropout is off.
  public func nextDropoutSite() -> DropoutSite? { dropout?.nextSite() }
}
