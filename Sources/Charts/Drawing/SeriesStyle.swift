import Foundation

/// The colour and the mark of a series: the same for a mixer in every chart.
///
/// Both follow from the mixer's position in the catalogue, so that a mixer of another package has its own, too. The pair is
/// different for any 42 mixers in a row. Series of one mixer in one picture, such as its state sizes, are shades of its
/// colour, from light to dark.
public struct SeriesStyle: Hashable, Sendable {
  /// The mixer's position in the catalogue, from 0.
  public var mixer: Int
  /// A model with layers of several mixers: the mark has a black edge.
  public var isHybrid: Bool
  /// The index among `count` series of the mixer in the picture.
  public var rank = 0
  public var count = 1

  public init(mixer: Int, isHybrid: Bool = false, rank: Int = 0, of count: Int = 1) {
    (self.mixer, self.isHybrid, self.rank, self.count) = (mixer, isHybrid, rank, count)
  }

  /// Blue, vermilion, green, rose, brown, indigo, black: at least 3:1 on white, and apart for colour-blind readers, too.
  /// The first three, of the mixers that are compared most, are farthest apart.
  static let colours = [0x0072B2, 0xD55E00, 0x009E73, 0xC2588F, 0x6B4A00, 0x332288, 0x000000]
    .map(Colour.init)

  /// gnuplot's numbers of filled marks: circle, square, triangle, diamond, inverted triangle, pentagon. The hollow mark
  /// has the number before.
  static let marks = [7, 5, 9, 13, 11, 15]

  public var colour: Colour {
    let base = Self.colours[mixer % Self.colours.count]
    guard count > 1 else { return base }
    // Even steps of lightness, from 3.4:1 on white; of three and more almost to black.
    let lightness = 57 - min(21, 42 / Double(count - 1)) * Double(rank)
    return base.withLuminance(pow((lightness + 16) / 116, 3))
  }

  public var mark: Int { Self.marks[mixer % Self.marks.count] }
  public var hollowMark: Int { mark - 1 }

  func ranked(_ rank: Int, of count: Int) -> SeriesStyle {
    SeriesStyle(mixer: mixer, isHybrid: isHybrid, rank: rank, of: count)
  }

  /// The styles with a shade for each series that has its mixer with others in common.
  static func shaded(_ styles: [SeriesStyle]) -> [SeriesStyle] {
    styles.indices.map { index in
      let alike = styles.indices.filter {
        styles[$0].mixer == styles[index].mixer && styles[$0].isHybrid == styles[index].isHybrid
      }
      return styles[index].ranked(alike.firstIndex(of: index)!, of: alike.count)
    }
  }
}

/// gnuplot's number of a stroke, which `plots/parts/figure.gp` declares.
enum Stroke: Int, Sendable {
  case solid = 1
  case published = 11
  case theory = 12
  case baseline = 13
  case trainingLoss = 14
  case causalBest = 15
}
