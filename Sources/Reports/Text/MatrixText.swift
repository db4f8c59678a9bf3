import Capacity
import Charts
import Foundation
import Models
import Storage
import Support

/// What `recall matrix` reports of one mixing matrix, and of its layer.
public struct MatrixReport: Sendable {
  /// The kind of the layer's mixer.
  public let kind: String
  public let layer: Int
  /// The number of the matrix among those of its layer.
  public let index: Int
  /// The number of the example.
  public let example: Int
  public let matrices: MixingMatrices
  public let matrix: [Double]
  public let cut: Int
  public let spectrum: CutSpectrum
  /// Summed over all matrices of the layer.
  public let carried: CarriedScalars

  /// - Parameters:
  ///   - kind: that of the layer's mixer.
  ///   - layer: its number.
  ///   - index: the number of the matrix that is shown.
  ///   - example: the number of the example.
  ///   - matrices: those of the layer.
  ///   - cut: tokens before the cut whose singular values are shown.
  ///   - cuts: those of carried(c).
  ///   - progress: is given the number of cuts done, of all matrices together.
  /// - Throws: `SettingsError` for a matrix with elements that are not finite.
  public init(
    kind: String, layer: Int, index: Int, example: Int, matrices: MixingMatrices, cut: Int,
    cuts: [Int], progress: (Int) -> Void
  ) throws(SettingsError) {
    (self.kind, self.layer, self.index, self.example) = (kind, layer, index, example)
    (self.matrices, self.cut) = (matrices, cut)
    matrix = matrices[index]
    do throws(SettingsError) {
      spectrum = try matrices.spectrum(of: matrix, index, cut: cut)
      carried = try CarriedScalars(of: matrices, cuts: cuts, progress: progress)
    } catch {
      throw SettingsError("layer \(layer), \(error.key)", error.value, allowed: error.allowed)
    }
  }

  private var length: Int { matrices.length }
  private var unit: String { matrices.unit.rawValue }
  private var isThinned: Bool { carried.cuts.count < length - 1 }

  /// ", 63 of 511 cuts", where not all were computed.
  private var thinning: String {
    isThinned ? ", \(carried.cuts.count) of \(length - 1) cuts" : ""
  }

  /// "ssd, layer 0, head 1 of 4, example 0, 64 tokens"
  public var title: String {
    "\(kind), layer \(layer), \(unit) \(index) of \(matrices.count), example \(example), \(length) tokens"
  }

  /// "the layer's 4 heads"
  private var allMatrices: String {
    "the layer's " + (matrices.count == 1 ? "one matrix" : count(matrices.count, unit))
  }

  /// The report for a person.
  public var text: String {
    let side = min(cut, length - cut)
    let ranks =
      [["tolerance", "lower block", "upper block"]]
      + RankTolerance.allCases.map {
        [
          $0.title, "\($0.rank(of: spectrum.lower))", "\($0.rank(of: spectrum.upper))",
        ]
      }
    let middle = carried.cuts.firstIndex(of: length / 2) ?? carried.cuts.count / 2
    let most =
      [["tolerance", "most at any cut", "at cut", "at the middle"]]
      + RankTolerance.allCases.map { tolerance in
        let most = carried.most(tolerance)!
        return [
          tolerance.title, "\(most.scalars)", "\(most.cut)",
          "\(carried.carried[tolerance]![middle])",
        ]
      }
    return
      ([
        title, "",
        "RANKS at the cut before token \(cut): blocks of \(length - cut) by \(cut) tokens, ranks up to \(side)",
        "lower: what later tokens read of earlier ones; upper: the other direction",
      ] + alignedColumns(ranks, left: [0]).map { "  " + $0 } + [
        "", "largest singular values",
      ]
      + alignedColumns(
        [["lower"] + first(spectrum.lower), ["upper"] + first(spectrum.upper)], left: [0]
      ).map { "  " + $0 } + [
        "",
        "CARRIED: scalars that must cross a cut for the values of \(allMatrices), of",
        "\(count(matrices.width, "channel")) each: the channels times both ranks, summed",
      ] + alignedColumns(most, left: [0]).map { "  " + $0 }
      + (isThinned ? ["", "at \(carried.cuts.count) of \(length - 1) cuts, evenly"] : []))
      .joined(separator: "\n")
  }

  private func first(_ values: [Double]) -> [String] {
    values.prefix(8).map { significant($0, 3) } + (values.count > 8 ? ["…"] : [])
  }

  /// The report as a JSON object.
  public var values: SettingValue {
    func numbers(_ values: [Double]) -> SettingValue { .array(values.map { .double($0) }) }
    func ranks(_ values: [Double]) -> SettingValue {
      .object(
        Dictionary(
          uniqueKeysWithValues: RankTolerance.allCases.map {
            ($0.rawValue, .int($0.rank(of: values)))
          }))
    }
    let curves = RankTolerance.allCases.map {
      ($0.rawValue, SettingValue.array(carried.carried[$0]!.map { .int($0) }))
    }
    return .object([
      "kind": .string(kind), "layer": .int(layer), "unit": .string(unit), "index": .int(index),
      "count": .int(matrices.count), "example": .int(example), "width": .int(matrices.width),
      "length": .int(length),
      "cut": .int(cut),
      "singular_values": .object([
        "lower": numbers(spectrum.lower), "upper": numbers(spectrum.upper),
      ]),
      "rank": .object(["lower": ranks(spectrum.lower), "upper": ranks(spectrum.upper)]),
      "carried": .object(
        Dictionary(
          uniqueKeysWithValues: curves + [
            ("cuts", .array(carried.cuts.map { .int($0) }))
          ])),
      "tolerances": .object(
        Dictionary(
          uniqueKeysWithValues: RankTolerance.allCases.map { ($0.rawValue, .double($0.share)) })),
    ])
  }

  /// What the names of the pictures add to the output's name: the matrix, and carried(c).
  public static let pictureSuffixes = ["", ".carried"]

  /// The matrix as a heat map, and carried(c) as curves; no heat map of a matrix without an element above 0.
  public func charts(of name: String, width: PictureWidth) -> [(suffix: String, chart: Chart)] {
    let map = Chart.matrix(
      matrix, length: length, cut: cut, title: "Mixing matrix of \(name)", subtitle: title,
      width: width)
    let curve = Chart.carried(
      RankTolerance.allCases.map { tolerance in
        CarriedCurve(
          name: tolerance.title,
          points: zip(carried.cuts, carried.carried[tolerance]!).map {
            .init(cut: $0, scalars: $1)
          })
      }, title: "Scalars that must cross a cut of \(name)",
      subtitle: "\(kind), layer \(layer), \(allMatrices), \(length) tokens\(thinning)",
      width: width)
    return zip(Self.pictureSuffixes, [map, curve]).compactMap { suffix, chart in
      chart.map { (suffix, $0) }
    }
  }
}

extension RankTolerance {
  /// "structural (1e-12)"
  public var title: String {
    switch self {
    case .structural: "structural (1e-12)"
    case .effective: "effective (1e-2)"
    case .fine: "effective (1e-3)"
    }
  }
}

extension MatrixReport {
  /// Writes the matrix and its singular values at the cut. Throws `FileError`.
  package func write(to url: URL) throws {
    let length = matrices.length
    let writer = try SafetensorsWriter(
      to: url,
      tensors: [
        .init("matrix", .float64, [length, length]),
        .init("lower", .float64, [spectrum.lower.count]),
        .init("upper", .float64, [spectrum.upper.count]),
      ], metadata: ["mixer": title, "cut": "\(cut)"])
    try writer.append(matrix, to: "matrix")
    try writer.append(spectrum.lower, to: "lower")
    try writer.append(spectrum.upper, to: "upper")
    try writer.finish()
  }
}
