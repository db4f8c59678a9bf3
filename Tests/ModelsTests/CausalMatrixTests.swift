import Autodiff
import Foundation
import Models
import Support
import Testing

/// The mixing matrices of causal mixers: with them, the mixer's output is that of its recurrence.
@Suite struct CausalMatrixTests {
  private let folder = Bundle.module.resourceURL!.appending(path: "Fixtures")
  private static let tokens = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5]

  /// A fixture's first layer: its weights by name, the matrices, and the inputs of both mixers.
  private struct Trial {
    let weights: ReferenceWeights
    let parameters: [String: Parameter]
    let pass: LanguageModel.ReferencePass
    let matrices: MixingMatrices

    func callAsFunction(_ name: String) -> Parameter {
      parameters["backbone.layers.0.mixer.\(name)"]!
    }

    /// The inputs of the second mixer, if the first one's outputs are these: RMSNorm(embedding + outputs).
    func secondInputs(_ outputs: [[Double]]) -> [[Double]] {
      let table = weights(parameters["backbone.embeddings.word_embeddings.weight"]!)
      let scale = weights(parameters["backbone.layers.1.norm.weight"]!)
      return zip(CausalMatrixTests.tokens, outputs).map { token, output in
        let d = output.count
        let sum = zip(table[token * d..<(token + 1) * d], output).map { $0 + $1 }
        let size = (sum.reduce(0) { $0 + $1 * $1 } / Double(d) + 1e-5).squareRoot()
        return zip(sum, scale).map { $0 / size * $1 }
      }
    }

    /// Σ_s M_ts v_s, one head after the other; v [length][heads · width].
    func mixed(_ v: [[Double]]) -> [[Double]] {
      v.indices.map { t in
        (0..<matrices.count).flatMap { head in
          (0..<matrices.width).map { channel in
            v.indices.reduce(0) {
              $0 + matrices[head][t * v.count + $1] * v[$1][head * matrices.width + channel]
            }
          }
        }
      }
    }
  }

  private func trial(_ name: String) throws -> Trial {
    let model = LanguageModel(
      try ModelFile(contentsOf: folder.appending(path: "\(name).json").path).configuration(
        length: Self.tokens.count))
    let values = try model.readWeights(
      from: folder.appending(path: "\(name).weights.safetensors"))
    let weights = ReferenceWeights(values)
    let pass = try model.reference(Self.tokens, weights: weights)
    return Trial(
      weights: weights,
      parameters: Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0) }),
      pass: pass,
      matrices: try model.mixingMatrices(
        ofLayer: 0, inputs: pass.mixerInputs[0], weights: weights))
  }

  private func check(_ trial: Trial, _ outputs: [[Double]]) {
    let pairs = zip(
      trial.pass.mixerInputs[1].flatMap { $0 }, trial.secondInputs(outputs).flatMap { $0 })
    let error = pairs.reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(error < 1e-6, "\(error)")
  }

  @Test func attentionIsItsMatrix() throws {
    let trial = try trial("pre_norm_none")
    #expect(trial.matrices.count == 2 && trial.matrices.width == 4)
    let v = trial.pass.mixerInputs[0].map {
      Array(trial.weights.linear($0, trial("Wqkv.weight"), trial("Wqkv.bias"))[16...])
    }
    check(
      trial,
      trial.mixed(v).map {
        trial.weights.linear($0, trial("out_proj.weight"), trial("out_proj.bias"))
      })
  }

  @Test func ssdIsItsMatrixAndD() throws {
    let trial = try trial("ssd")
    #expect(trial.matrices.count == 4 && trial.matrices.width == 8)
    var recent = [Double](repeating: 0, count: 3 * 48)
    let projected = trial.pass.mixerInputs[0].map {
      trial.weights.linear($0, trial("in_proj.weight"))
    }
    let v = projected.map {
      Array(
        trial.weights.convolution(
          Array($0[32..<80]), trial("conv1d.weight"), trial("conv1d.bias"), inputs: &recent)[..<32])
    }
    let (skip, scale) = (trial.weights(trial("D")), trial.weights(trial("norm.weight")))
    check(
      trial,
      zip(trial.mixed(v), zip(v, projected)).map { y, others in
        let gated = (0..<32).map { channel in
          let z = others.1[channel]
          return (y[channel] + skip[channel / 8] * others.0[channel]) * z / (1 + exp(-z))
        }
        let size = (gated.reduce(0) { $0 + $1 * $1 } / 32 + 1e-5).squareRoot()
        return trial.weights.linear(
          zip(gated, scale).map { $0 / size * $1 }, trial("out_proj.weight"))
      })
  }
}
