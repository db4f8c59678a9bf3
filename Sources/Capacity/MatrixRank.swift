import Foundation
import Kernels
import Models
import Support

/// Singular values of a mixing matrix M [L, L] on both sides of a cut between tokens c − 1 and c.
///
/// Everything that the tokens from c on learn of those before passes through the lower block M[c:, :c], and everything in
/// the other direction through the upper block M[:c, c:].
public struct CutSpectrum: Hashable, Sendable {
  /// Largest first, min(c, L − c) each.
  public let lower, upper: [Double]

  /// Throws `SettingsError` for a matrix with elements that are not finite.
  public init(
    of matrix: [Double], length: Int, cut: Int
  ) throws(SettingsError) {
    precondition(matrix.count == length * length && (1..<length).contains(cut))
    if let index = matrix.firstIndex(where: { !$0.isFinite }) {
      let (row, column) = index.quotientAndRemainder(dividingBy: length)
      throw SettingsError(
        "[\(row), \(column)]", matrix[index], allowed: "finite numbers, to have singular values")
    }
    lower = try Self.values(of: matrix, length, rows: cut..<length, columns: 0..<cut)
    upper = try Self.values(of: matrix, length, rows: 0..<cut, columns: cut..<length)
  }

  private static func values(
    of matrix: [Double], _ length: Int, rows: Range<Int>, columns: Range<Int>
  ) throws(SettingsError) -> [Double] {
    var block: [Double] = []
    block.reserveCapacity(rows.count * columns.count)
    for row in rows {
      block += matrix[row * length + columns.lowerBound..<row * length + columns.upperBound]
    }
    // Most causal mixers have nothing above the diagonal.
    if block.allSatisfy({ $0 == 0 }) {
      return [Double](repeating: 0, count: min(rows.count, columns.count))
    }
    guard let values = singularValues(of: block, rows: rows.count, columns: columns.count) else {
      throw SettingsError(
        "", "a block of \(rows.count) by \(columns.count)",
        allowed: "blocks whose singular values LAPACK's dgesdd finds")
    }
    return values
  }

  /// The ranks of both blocks together.
  public func rank(_ tolerance: RankTolerance) -> Int {
    tolerance.rank(of: lower) + tolerance.rank(of: upper)
  }
}

/// What counts as a singular value above 0: more than τ times the largest.
public enum RankTolerance: String, CaseIterable, Sendable {
  /// The rank that the mixer's structure allows: 1e-12 in Double.
  case structural
  /// What is of use in a model: 1e-2.
  case effective
  /// 1e-3, for comparison.
  case fine = "effective_1e-3"

  /// τ: the share of the largest singular value above which one counts.
  public var share: Double {
    switch self {
    case .structural: 1e-12
    case .effective: 1e-2
    case .fine: 1e-3
    }
  }

  /// The rank of a matrix with these singular values, largest first.
  public func rank(of values: [Double]) -> Int {
    guard let largest = values.first, largest > 0 else { return 0 }
    return values.count { $0 > share * largest }
  }
}

extension MixingMatrices {
  /// The singular values of matrix number `index`. Throws `SettingsError` as `CutSpectrum`, naming the matrix.
  package func spectrum(
    of matrix: [Double], _ index: Int, cut: Int
  ) throws(SettingsError) -> CutSpectrum {
    do {
      return try CutSpectrum(of: matrix, length: length, cut: cut)
    } catch {
      throw error.inside("\(unit.rawValue) \(index)")
    }
  }
}

/// carried(c): the fewest scalars that a linear algorithm in two passes must carry across a cut c for a layer's values, the
/// sum over its matrices of their width times the ranks of both blocks.
public struct CarriedScalars: Sendable {
  /// Tokens before each cut.
  public let cuts: [Int]
  /// At each cut.
  public let carried: [RankTolerance: [Int]]

  /// Every cut of up to 256 tokens. Longer sequences are cut into 64 even parts, and those of more than 1024 tokens into 16,
  /// because a cut of theirs takes a second and more; the middle is among the cuts.
  public static func cuts(of length: Int) -> [Int] {
    guard length > 256 else { return Array(1..<max(1, length)) }
    let parts = length > 1024 ? 16 : 64
    return (1..<parts).map { $0 * length / parts }
  }

  /// Throws `SettingsError` as `CutSpectrum`. `progress` is given the number of cuts done, of all matrices together.
  public init(
    of matrices: MixingMatrices, cuts: [Int]? = nil, progress: (Int) -> Void = { _ in }
  ) throws(SettingsError) {
    let length = matrices.length
    let cuts = cuts ?? Self.cuts(of: length)
    var sums = [[Int]](
      repeating: [Int](repeating: 0, count: cuts.count), count: RankTolerance.allCases.count)
    for index in 0..<matrices.count {
      let matrix = matrices[index]
      for (position, cut) in cuts.enumerated() {
        let spectrum = try matrices.spectrum(of: matrix, index, cut: cut)
        for (number, tolerance) in RankTolerance.allCases.enumerated() {
          sums[number][position] += matrices.width * spectrum.rank(tolerance)
        }
        progress(index * cuts.count + position + 1)
      }
    }
    self.cuts = cuts
    carried = Dictionary(uniqueKeysWithValues: zip(RankTolerance.allCases, sums))
  }

  /// The most at any cut, and the first such cut; nil for a sequence of one token.
  public func most(_ tolerance: RankTolerance) -> (cut: Int, scalars: Int)? {
    let carried = carried[tolerance]!
    guard let most = carried.max() else { return nil }
    return (cuts[carried.firstIndex(of: most)!], most)
  }
}
