import Synchronization

/// The mixers that a user can name: those of Mixers/, and those that a program registers.
public enum MixerCatalog {
  /// One entry for each file of Mixers/; a test compares the two. The order decides the colours and marks of charts: those that
  /// are compared most come first, because the first six share neither.
  package static let builtIn: [any MixerSettings.Type] = [
    Attention.self, Mamba.self, SSD.self, GatedDeltaNet.self, LinearAttention.self,
    SlidingWindow.self, RetNet.self, GLA.self, DeltaNet.self, KDA.self, BaseConv.self, RWKV7.self,
    Hyena.self,
    H3.self, Hydra.self, BidirectionalSSD.self, Quasiseparable.self, LowRank.self,
    MatrixAttention.self, Toeplitz.self, Cauchy.self, Vandermonde.self, Dense.self, BERT.self,
    M2.self,
  ]

  private static let all = Mutex(builtIn)

  public static var mixers: [any MixerSettings.Type] { all.withLock { $0 } }

  public static var kinds: [String] { mixers.map { $0.kind } }

  /// Adds a mixer of another package. Call it before the first experiment is read. From then on experiments, the
  /// command line, records and charts know the mixer by its `kind`. Registering a mixer again changes nothing;
  /// registering another mixer of the same kind traps.
  public static func register(_ mixer: any MixerSettings.Type) {
    all.withLock { mixers in
      guard let same = mixers.first(where: { $0.kind == mixer.kind }) else {
        precondition(mixer.kind != ModelConfiguration.hybridKind, "\(mixer): hybrid is taken")
        return mixers.append(mixer)
      }
      precondition(same == mixer, "\(mixer) and \(same) are both of kind \(mixer.kind)")
    }
  }

  public static func mixer(_ kind: String) -> (any MixerSettings.Type)? {
    mixers.first { $0.kind == kind }
  }
}
