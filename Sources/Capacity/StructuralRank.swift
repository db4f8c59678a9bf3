import Autodiff
import Foundation
import Models
import Support

/// The structural ranks of a model's mixing matrices at the middle of a sequence, beside the scalars of its state.
///
/// They are those of the model before training, for inputs at random, and without decay where `A_log` sets it: the most
/// that its structure lets across. Decay would hide most singular values of a long sequence.
public struct StructuralRank: Encodable, Sendable {
  public struct Layer: Encodable, Sendable {
    public let layer: Int
    public let kind: String
    /// head, channel or pair: what has a matrix of its own.
    public let unit: String
    public let matrices: Int
    /// How many of them were computed, evenly spread.
    public let computed: Int
    /// Channels that each matrix multiplies.
    public let width: Int
    /// The largest over the matrices.
    public let lower, upper: Int
    /// The sum over the matrices of width · (lower + upper); an estimate if not all were computed.
    public let carried: Int
  }

  /// Tokens of the sequence; the cut is at its middle.
  public let length: Int
  /// One layer for each mixer that differs.
  public let layers: [Layer]

  /// Longer sequences would take more than a few seconds.
  public static let longest = 1024
  /// Of twice as many matrices or more, some are computed (`MixingMatrices.sample`).
  private static let mostMatrices = 8

  /// The most multiply-adds of running recurrences for the matrices, which take some seconds.
  private static let mostArithmetic = 2.2e9

  /// Nil for sequences that are too long or too short, for states so large that the matrices would take more than a few
  /// seconds, and where no mixer has a matrix.
  public init?(_ model: ModelConfiguration, length: Int) {
    guard (2...Self.longest).contains(length) else { return nil }
    var model = model
    (model.shape.vocabularySize, model.shape.maximumLength) = (1, length)
    model.shape.layers = min(model.shape.layers, model.mixers.count)
    model.shape.positionEmbedding = .none
    self.length = length
    let language = LanguageModel(model)
    let weights = Self.weightsWithoutDecay(of: language)
    var random = RandomStream(RandomStream.number(of: "rank"))
    let x = (0..<length).map { _ in
      (0..<model.shape.modelDimension).map { _ in random.normal() }
    }
    var layers: [Layer] = []
    for layer in 0..<model.shape.layers {
      guard
        let matrices = try? language.mixingMatrices(ofLayer: layer, inputs: x, weights: weights)
      else { continue }
      let indices = matrices.sample(most: Self.mostMatrices)
      let state = language.recurrence(ofLayer: layer)?.initialSizes ?? [:]
      let perChannel = state.reduce(0) { $0 + $1.value } / (matrices.count * matrices.width)
      guard Double(perChannel * indices.count) * Double(length * length) <= Self.mostArithmetic
      else { continue }
      let spectra = indices.compactMap {
        try? CutSpectrum(of: matrices[$0], length: length, cut: length / 2)
      }
      guard spectra.count == indices.count else { continue }
      let sum = spectra.reduce(0) { $0 + $1.rank(.structural) }
      layers.append(
        Layer(
          layer: layer, kind: type(of: model.mixer(ofLayer: layer)).kind,
          unit: matrices.unit.rawValue, matrices: matrices.count, computed: indices.count,
          width: matrices.width,
          lower: spectra.map { RankTolerance.structural.rank(of: $0.lower) }.max()!,
          upper: spectra.map { RankTolerance.structural.rank(of: $0.upper) }.max()!,
          carried: matrices.width * sum * matrices.count / indices.count))
    }
    guard !layers.isEmpty else { return nil }
    self.layers = layers
  }

  private static func weightsWithoutDecay(of model: LanguageModel) -> ReferenceWeights {
    let values = model.initialValues(seed: 0)
    for parameter in model.parameters where parameter.name.hasSuffix("A_log") {
      (values.values + parameter.offset).update(repeating: -30, count: parameter.count)
    }
    return ReferenceWeights(values)
  }
}
