import Autodiff
import Models
import Support

/// Ranks of a trained model's mixing matrices on some examples. Records keep it as JSON, so these names must not change.
public struct RankMeasurement: Codable, Hashable, Sendable {
  public struct Layer: Codable, Hashable, Sendable {
    public var layer: Int
    public var kind: String
    /// Matrices of the layer, and the channels that each multiplies.
    public var matrices, width: Int
    /// Scalars that must cross a cut, both directions together: the mean over examples, at the cut where it is largest.
    public var effective, structural: Double
  }

  /// The number of test examples.
  public var examples: Int
  /// Tokens of an example.
  public var length: Int
  /// The layers that have a matrix.
  public var layers: [Layer]

  /// So many cuts are computed, evenly, with the middle.
  private static let cuts = 8
  /// Of twice as many matrices or more, some are computed (`MixingMatrices.sample`).
  private static let mostMatrices = 64
  /// Longer examples are not measured: the specifications in plain loops would take long.
  public static let longest = 1024

  /// The mean rank of a matrix (1e-2), both blocks together, over all layers and heads; nil where no layer has a matrix.
  public var effectiveRank: Double? { mean(\.effective) }

  private func mean(_ carried: KeyPath<Layer, Double>) -> Double? {
    let channels = layers.reduce(0) { $0 + $1.matrices * $1.width }
    guard channels > 0 else { return nil }
    return layers.reduce(0) { $0 + $1[keyPath: carried] } / Double(channels)
  }

  /// Measures the layers that have matrices, on examples of one length of 2 to `longest` tokens. Throws `SettingsError`
  /// for a mixer without a specification, and for numbers that are not finite.
  public init(
    of model: LanguageModel, weights: ReferenceWeights, examples: [[Int]]
  ) throws(SettingsError) {
    self.examples = examples.count
    let length = examples[0].count
    self.length = length
    let cuts = (1..<Self.cuts).map { $0 * length / Self.cuts }.filter { $0 > 0 }.distinct
    var sums: [Int: (layer: Layer, effective: [Double], structural: [Double])] = [:]
    for tokens in examples {
      let pass = try model.reference(tokens, weights: weights)
      for (index, inputs) in pass.mixerInputs.enumerated() {
        guard model.hasMatrices(inLayer: index) else { continue }
        let matrices = try model.mixingMatrices(ofLayer: index, inputs: inputs, weights: weights)
        let kind = type(of: model.configuration.mixer(ofLayer: index)).kind
        let zeros = [Double](repeating: 0, count: cuts.count)
        var sum =
          sums[index]
          ?? (
            Layer(
              layer: index, kind: kind, matrices: matrices.count, width: matrices.width,
              effective: 0, structural: 0), zeros, zeros
          )
        let chosen = matrices.sample(most: Self.mostMatrices)
        let share =
          Double(matrices.width * matrices.count) / Double(chosen.count * examples.count)
        for one in chosen {
          let matrix = matrices[one]
          for (position, cut) in cuts.enumerated() {
            let spectrum = try CutSpectrum(of: matrix, length: length, cut: cut)
            sum.effective[position] += share * Double(spectrum.rank(.effective))
            sum.structural[position] += share * Double(spectrum.rank(.structural))
          }
        }
        sums[index] = sum
      }
    }
    layers = sums.sorted { $0.key < $1.key }.map { _, sum in
      var layer = sum.layer
      (layer.effective, layer.structural) = (sum.effective.max()!, sum.structural.max()!)
      return layer
    }
  }

  /// False for numbers that no measurement gives, as a damaged record may hold.
  package var isPossible: Bool {
    layers.allSatisfy {
      $0.matrices > 0 && $0.width > 0 && $0.effective.isFinite && $0.structural.isFinite
        && $0.effective >= 0 && $0.structural >= 0 && $0.matrices < 1 << 40 && $0.width < 1 << 20
    }
  }
}
