import Support

/// Names the random numbers of dropout by training step, example and place, so that a mask depends
/// neither on how a batch is cut into microbatches nor on threads.
public struct DropoutStream: Sendable {
  /// Derived from the run's seed and the step.
  public var key: UInt64
  /// Index within the step's batch of the tape's first example.
  public var firstExample: Int
  /// How many dropout sites the tape has passed.
  var sites: UInt64 = 0

  public init(key: UInt64, firstExample: Int) {
    self.key = key
    self.firstExample = firstExample
  }

  /// The next place where dropout happens, in the order of the forward pass.
  package mutating func nextSite() -> DropoutSite {
    sites += 1
    return DropoutSite(base: mix(mix(key) &+ sites), firstExample: firstExample)
  }
}

/// One place of a model where dropout happens, within one pass of a tape.
///
/// An element's fate is a hash of (the step's key, the site's number, the example's index within the step's
/// batch, the element's number within the example): kernels hash the last, `key(ofExample:)` the rest.
public struct DropoutSite: Sendable {
  let base: UInt64
  let firstExample: Int

  /// The mask's name for the tape's example `index`: `key` of the kernels' `dropout_scale`.
  @inline(__always)
  public func key(ofExample index: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: mix(base ^ UInt64(firstExample + index)) >> 32)
  }
}

extension Tape {
  /// The next place where dropout happens, in the order of the forward pass; nil when dropout is off.
  public func nextDropoutSite() -> DropoutSite? { dropout?.nextSite() }
}
