import Charts
import Foundation
import Testing

/// Colours and marks: enough contrast on white and dark pages, one pair for each mixer, an order in grey.
@Suite struct StyleTests {
  private let styles = (0..<42).map { SeriesStyle(mixer: $0) }
  private let shades = (0..<7).flatMap { mixer in
    (2...6).flatMap { count in
      (0..<count).map { SeriesStyle(mixer: mixer, rank: $0, of: count) }
    }
  }

  /// Of the Web Content Accessibility Guidelines: 3:1 for marks and lines, 4.5:1 for texts.
  @Test func contrastIsEnough() {
    for style in styles + shades {
      let colour = style.colour
      #expect(colour.contrast(with: .paper) >= 3, "\(style)")
      #expect(colour.forText.contrast(with: .paper) >= 4.5, "\(style)")
      #expect(colour.onDarkPage.contrast(with: .darkPage) >= 3, "\(style)")
      #expect(colour.forText.onDarkPage.contrast(with: .darkPage) >= 4.45, "\(style)")
    }
    for colour in Colour.texts {
      #expect(colour.contrast(with: .paper) >= 4.5)
      #expect(colour.onDarkPage.contrast(with: .darkPage) >= 4.45)
    }
    #expect(Colour.rule.contrast(with: .paper) >= 3)
    #expect(abs(Colour(0x777777).contrast(with: .paper) - 4.48) < 0.01)
  }

  /// On a dark page mixers keep their hues, so that no two have one colour; shades go from dark to light.
  @Test func huesAreKeptInTheDark() {
    func parts(_ colour: Colour) -> [Double] {
      [16, 8, 0].map { Double(colour.onDarkPage.rgb >> $0 & 0xFF) }
    }
    let colours = (0..<7).map { SeriesStyle(mixer: $0).colour }
    for (index, colour) in colours.enumerated() {
      for other in colours[..<index] {
        let distance = zip(parts(colour), parts(other)).reduce(0) { $0 + abs($1.0 - $1.1) }
        #expect(distance > 60, "\(colour.hexadecimal) and \(other.hexadecimal)")
      }
      let spread = parts(colour).max()! - parts(colour).min()!
      #expect(colour == .ink || spread > 60, "\(colour.hexadecimal)")
    }
    for (shade, next) in zip(shades, shades.dropFirst()) where next.rank == shade.rank + 1 {
      #expect(next.colour.onDarkPage.luminance > shade.colour.onDarkPage.luminance, "\(next)")
    }
  }

  @Test func everyMixerHasItsOwn() {
    let pairs = styles.map { [$0.colour.rgb, $0.mark] }
    #expect(Set(pairs).count == 42)
    // The hollow mark of the same shape is gnuplot's mark before.
    #expect(styles.allSatisfy { $0.hollowMark == $0.mark - 1 })
  }

  /// Readers of grey print can order the sizes of one mixer.
  @Test func shadesDarken() {
    for (shade, next) in zip(shades, shades.dropFirst()) where next.rank == shade.rank + 1 {
      #expect(next.colour.luminance < shade.colour.luminance, "\(next)")
    }
    #expect(SeriesStyle(mixer: 2).colour.rgb == 0x009E73)
  }

  /// The colours of the seven are apart for readers without red or green cones (Machado and others 2009).
  @Test func coloursAreApartForColourBlindReaders() {
    let simulations = [
      [1.0, 0, 0, 0, 1, 0, 0, 0, 1],
      [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881],
      [
        0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998,
      ],
    ]
    for matrix in simulations {
      let seen = (0..<7).map { lab(SeriesStyle(mixer: $0).colour, matrix) }
      for first in seen.indices {
        for second in seen.indices where second > first {
          let squares = zip(seen[first], seen[second]).map { ($0 - $1) * ($0 - $1) }
          #expect(squares.reduce(0, +).squareRoot() > 13, "\(first) \(second)")
        }
      }
    }
  }

  /// CIELAB of a colour as seen through a matrix of linear red, green and blue.
  private func lab(_ colour: Colour, _ matrix: [Double]) -> [Double] {
    let linear = [16, 8, 0].map { shift in
      let part = Double(colour.rgb >> shift & 255) / 255
      return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
    }
    func times(_ matrix: [Double], _ vector: [Double]) -> [Double] {
      (0..<3).map { row in (0..<3).reduce(0) { $0 + matrix[3 * row + $1] * vector[$1] } }
    }
    let seen = times(matrix, linear).map { min(max($0, 0), 1) }
    let xyz = times(
      [0.4124, 0.3576, 0.1805, 0.2126, 0.7152, 0.0722, 0.0193, 0.1192, 0.9505], seen)
    let f = zip(xyz, [0.9505, 1, 1.089]).map { value, white in
      value / white > 0.008856 ? cbrt(value / white) : 7.787 * value / white + 16 / 116
    }
    return [116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])]
  }
}
