import Autodiff
import Foundation
import Models
import Storage
import Support
import Testing

/// The matrices of mixers with fixtures: the singular values of their blocks below and above the cut in the middle, of
/// the fixture's first example, are those of the float64 reference.
@Suite struct SpectrumTests {
  private static let names = {
    let folder = Bundle.module.resourceURL!.appending(path: "Fixtures")
    let files = try! FileManager.default.contentsOfDirectory(atPath: folder.path)
    return files.filter { $0.hasSuffix(".spectrum.safetensors") }
      .map { String($0.dropLast(".spectrum.safetensors".count)) }.sorted()
  }()

  @Test(arguments: names)
  func agreesWithTheReference(_ name: String) throws {
    func url(_ suffix: String) throws -> URL {
      try #require(Bundle.module.resourceURL).appending(path: "Fixtures/\(name).\(suffix)")
    }
    let model = LanguageModel(
      try JSONDecoder().decode(ModelConfiguration.self, from: Data(contentsOf: url("json"))))
    let weights = ReferenceWeights(try model.readWeights(from: url("weights.safetensors")))
    let data = try SafetensorsFile(contentsOf: url("data.safetensors"))
    let length = try #require(data.tensors["inputs"]).shape[1]
    let tokens = try data.integers("inputs").prefix(length).map { Int($0) }
    let expected = try SafetensorsFile(contentsOf: url("spectrum.safetensors"))
    let inputs = try model.reference(tokens, weights: weights).mixerInputs

    let cut = length / 2
    for (part, rows, columns) in [
      ("lower", cut..<length, 0..<cut), ("upper", 0..<cut, cut..<length),
    ] {
      let values = try expected.floats(part).map { Double($0) }
      var actual: [Double] = []
      for layer in inputs.indices {
        let matrices = try model.mixingMatrices(
          ofLayer: layer, inputs: inputs[layer], weights: weights)
        for index in 0..<matrices.count {
          let matrix = matrices[index]
          actual += singularValues(
            rows.map { row in columns.map { matrix[row * length + $0] } })
        }
      }
      try #require(actual.count == values.count)
      let size = min(rows.count, columns.count)
      for block in 0..<values.count / size {
        let range = block * size..<(block + 1) * size
        let error = zip(actual[range], values[range]).map { abs($0 - $1) }.max()!
        #expect(error <= 1e-6 * values[range].max()!, "\(part), block \(block)")
      }
    }
  }

  @Test func singularValuesOfKnownMatrices() {
    #expect(near(singularValues([[3, 0], [0, -4]]), [4, 3]))
    let six = Double(6).squareRoot()
    #expect(near(singularValues([[1, 1, 1], [1, 1, 1]]), [six, 0]))
    #expect(near(singularValues([[1, 1], [1, 1], [1, 1]]), [six, 0]))
    // The eigenvalues of A Aᵀ = [[14, 32], [32, 77]].
    let root = (91.0 * 91 - 4 * 54).squareRoot()
    let expected = [((91 + root) / 2).squareRoot(), ((91 - root) / 2).squareRoot()]
    #expect(near(singularValues([[1, 2, 3], [4, 5, 6]]), expected))
  }

  private func near(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-12 }
  }
}

/// Singular values, the largest first: one-sided Jacobi rotations of the rows or columns that are fewer.
func singularValues(_ matrix: [[Double]]) -> [Double] {
  let isWide = matrix.count <= matrix[0].count
  var vectors =
    isWide
    ? matrix : matrix[0].indices.map { column in matrix.map { $0[column] } }
  func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
  for _ in 0..<60 {
    var rotated = false
    for i in vectors.indices {
      for j in vectors.indices.dropFirst(i + 1) {
        let (a, b) = (dot(vectors[i], vectors[i]), dot(vectors[j], vectors[j]))
        let c = dot(vectors[i], vectors[j])
        guard abs(c) > 1e-15 * (a * b).squareRoot(), c != 0 else { continue }
        rotated = true
        let zeta = (b - a) / (2 * c)
        let t = (zeta < 0 ? -1 : 1) / (abs(zeta) + (1 + zeta * zeta).squareRoot())
        let cosine = 1 / (1 + t * t).squareRoot()
        let sine = cosine * t
        for k in vectors[i].indices {
          let (x, y) = (vectors[i][k], vectors[j][k])
          vectors[i][k] = cosine * x - sine * y
          vectors[j][k] = sine * x + cosine * y
        }
      }
    }
    if !rotated { break }
  }
  return vectors.map { dot($0, $0).squareRoot() }.sorted(by: >)
}
