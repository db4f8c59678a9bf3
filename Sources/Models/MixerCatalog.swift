/// The mixers a user can name; a test compares this list with the folder Mixers/.
public enum MixerCatalog {
  public static let mixers: [any MixerConfiguration.Type] = [
    Attention.self, Mamba.self, SSD.self,
  ]

  public static func mixer(_ kind: String) -> (any MixerConfiguration.Type)? {
    mixers.first { $0.kind == kind }
  }
}
