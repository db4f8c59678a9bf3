import Autodiff
import Support

/// A mixer that has mixing matrices: given everything else, its mixed channels are linear in its values v,
/// y_t = Σ_s M_ts v_s, where t reads and s is read.
public protocol MixerWithMatrices: SequenceMixer {
  /// The matrices for one sequence, x [length][d_model] being the mixer's inputs. Their scale is included. A term that a
  /// mixer adds to M v, such as v itself, is left out: it moves nothing from token to token.
  func mixingMatrices(_ x: [[Double]], weights: ReferenceWeights) -> MixingMatrices
}

/// A mixer whose specification is its matrix. It may read in both directions, so it has no recurrence and no state.
public protocol MatrixMixer: MixerWithMatrices {
  /// The mixer's outputs for one sequence by plain loops in Double, without dropout: x [length][d_model] →
  /// [length][d_model]. Tests compare the parallel form with it.
  func reference(_ x: [[Double]], weights: ReferenceWeights) -> [[Double]]
}

/// The mixing matrices of a layer for one sequence. Each is computed when it is asked for, as all of them together may not
/// fit into memory.
///
/// Where two causal passes are not added but combined otherwise (`bidirectional_ssd` with `combine: multiply` or `concat`),
/// the lower part with the diagonal is the forward pass's matrix and the upper part the backward pass's.
public struct MixingMatrices: Sendable {
  /// What has a matrix of its own.
  public enum Unit: String, Sendable {
    case head, channel
    /// A product of a channel of keys and a channel of values.
    case pair
  }

  /// What has a matrix of its own.
  public let unit: Unit
  /// Number of matrices.
  public let count: Int
  /// Channels of v that each matrix multiplies.
  public let width: Int
  /// L
  public let length: Int
  private let make: @Sendable (_ index: Int) -> [Double]

  /// `make` computes one of the matrices [L, L].
  public init(
    of unit: Unit, count: Int, width: Int, length: Int,
    make: @escaping @Sendable (_ index: Int) -> [Double]
  ) {
    (self.unit, self.count, self.width, self.length) = (unit, count, width, length)
    self.make = make
  }

  /// The numbers of all matrices, or, where there are at least twice as many as `most`, of some that are spread evenly.
  package func sample(most: Int) -> [Int] {
    Array(stride(from: 0, to: count, by: max(1, count / most)))
  }

  /// The matrices of a recurrence, or of attention over the tokens so far, whose result is linear in the values of one head:
  /// token t gets values [L] that are 1 at t and 0 elsewhere, so that its results are row t.
  ///
  /// - Parameters:
  ///   - start: the state of a head before the first token.
  ///   - step: the results [L] of a token, given its values [L].
  static func ofSteps<State>(
    of unit: Unit = .head, count: Int, width: Int, length: Int,
    start: @escaping @Sendable (_ index: Int) -> State,
    step:
      @escaping @Sendable (
        _ index: Int, _ token: Int, _ values: [Double], _ state: inout State
      ) -> [Double]
  ) -> MixingMatrices {
    MixingMatrices(of: unit, count: count, width: width, length: length) { index in
      var state = start(index)
      return (0..<length).flatMap { token in
        var values = [Double](repeating: 0, count: length)
        values[token] = 1
        return step(index, token, values, &state)
      }
    }
  }

  /// One matrix for each channel, 0 above the diagonal. `number` gives M_ts for t ≥ s.
  static func ofFilter(
    of unit: Unit = .channel, count: Int, length: Int,
    _ number: @escaping @Sendable (_ index: Int, _ t: Int, _ s: Int) -> Double
  ) -> MixingMatrices {
    MixingMatrices(of: unit, count: count, width: 1, length: length) { index in
      (0..<length).flatMap { t in (0..<length).map { $0 > t ? 0 : number(index, t, $0) } }
    }
  }

  /// One of the matrices [L, L], row major.
  public subscript(index: Int) -> [Double] {
    precondition((0..<count).contains(index), "matrix \(index) of \(count)")
    return make(index)
  }
}

extension MixingMatrices {
  /// The products of the matrices with their values, side by side: v, y [length][count · width].
  func product(_ v: [[Double]]) -> [[Double]] {
    PlainMatrix.joined(
      (0..<count).map { index in
        PlainMatrix.product(self[index], v.map { Array($0[index * width..<(index + 1) * width]) })
      })
  }
}

extension LanguageModel {
  /// What a whole sequence gives.
  public struct ReferencePass: Sendable {
    /// [length][V]
    public let logits: [[Double]]
    /// The inputs of every layer's mixer [layer][length][d_model].
    public let mixerInputs: [[[Double]]]
  }

  /// A whole sequence through the mixers' specifications in Double, without dropout: through `step` where a mixer has a
  /// recurrence, through `reference` where it is a matrix mixer. Throws `SettingsError` for a mixer that is neither.
  public func reference(
    _ tokens: [Int], weights: ReferenceWeights
  ) throws(SettingsError) -> ReferencePass {
    let embedding = weights(tokenEmbedding)
    var h = tokens.enumerated().map {
      embed($1, position: $0, embedding: embedding, weights: weights)
    }
    var residuals = [[Double]?](repeating: nil, count: tokens.count)
    var shared = [[Double]?](repeating: nil, count: tokens.count)
    var inputs: [[[Double]]] = []
    for (index, layer) in layers.enumerated() {
      // The block gives the mixer's inputs first, then it is run with the outputs.
      let x = h.indices.map { token in
        var input: [Double] = []
        _ = layer.step(h[token], residual: residuals[token], weights: weights) {
          input = $0
          return $0
        }
        return input
      }
      inputs.append(x)
      let mixed = try mix(x, layer: index, shared: &shared, weights: weights)
      for token in h.indices {
        (h[token], residuals[token]) = layer.step(
          h[token], residual: residuals[token], weights: weights
        ) { _ in mixed[token] }
      }
    }
    let logits = h.indices.map {
      head(h[$0], residual: residuals[$0], embedding: embedding, weights: weights)
    }
    return ReferencePass(logits: logits, mixerInputs: inputs)
  }

  private func mix(
    _ x: [[Double]], layer: Int, shared: inout [[Double]?], weights: ReferenceWeights
  ) throws(SettingsError) -> [[Double]] {
    switch layers[layer].mixer {
    case let mixer as any MatrixMixer: return mixer.reference(x, weights: weights)
    case let mixer as any RecurrentMixer:
      var state = mixer.initialState()
      return x.indices.map {
        mixer.step(x[$0], shared: &shared[$0], state: &state, weights: weights)
      }
    default:
      let kind = type(of: configuration.mixer(ofLayer: layer)).kind
      throw SettingsError(
        "kind", kind, allowed: "mixers with a recurrence or a matrix here; \(kind) has neither")
    }
  }

  /// Whether a layer's mixer has matrices.
  public func hasMatrices(inLayer layer: Int) -> Bool {
    layers[layer].mixer is any MixerWithMatrices
  }

  /// The matrices of a layer's mixer for one sequence, x [length][d_model] being the mixer's inputs, as `reference` gives
  /// them. Throws `SettingsError` for a mixer that has no matrices.
  public func mixingMatrices(
    ofLayer layer: Int, inputs x: [[Double]], weights: ReferenceWeights
  ) throws(SettingsError) -> MixingMatrices {
    guard let mixer = layers[layer].mixer as? any MixerWithMatrices else {
      let kind = type(of: configuration.mixer(ofLayer: layer)).kind
      throw SettingsError(
        "kind", kind, allowed: "mixers with a mixing matrix here, and \(kind) has none")
    }
    return mixer.mixingMatrices(x, weights: weights)
  }
}
