import Foundation

/// A colour of red, green and blue, each 0…255.
public struct Colour: Hashable, Sendable {
  /// 0xRRGGBB
  public let rgb: Int

  public init(_ rgb: Int) { self.rgb = rgb }

  public static let ink = Colour(0x000000)
  /// Texts of less weight.
  public static let quiet = Colour(0x505050)
  /// Lines that are no data: the baseline, attention's state.
  public static let rule = Colour(0x6A6A6A)
  /// The colours of texts, apart from those of series.
  public static let texts = [ink, quiet]
  static let leader = Colour(0x8A8A8A)
  static let grid = Colour(0xE2E2E2)
  public static let paper = Colour(0xFFFFFF)

  /// The darkest page that a chart stands on: a folded part of a report in dark mode.
  public static let darkPage = Colour(0x1D2125)

  /// Relative luminance, 0…1, as the Web Content Accessibility Guidelines define it.
  public var luminance: Double {
    let parts = linear
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
  }

  /// The contrast of the two colours, 1…21, by the same guidelines.
  public func contrast(with other: Colour) -> Double {
    let (a, b) = (luminance, other.luminance)
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)
  }

  /// The same hue, darker or lighter.
  func withLuminance(_ wanted: Double) -> Colour {
    let (own, parts) = (luminance, linear)
    // Towards black by a factor, towards white by a share.
    let changed =
      wanted <= own
      ? parts.map { $0 * wanted / max(own, 1e-9) }
      : parts.map { $0 + (1 - $0) * (wanted - own) / (1 - own) }
    return Colour(linear: changed)
  }

  /// This colour where text in it can be read on white (4.5:1), else a darker one.
  public var forText: Colour {
    contrast(with: .paper) >= 4.5 ? self : withLuminance(1.05 / 4.6 - 0.05)
  }

  /// The colour of the same hue that stands out from a dark page about as much as this one stands out from white: dark
  /// colours become light. A grey may become nearly white, a strong colour only so light that its hue is seen.
  public var onDarkPage: Colour {
    let parts = linear
    let (most, least) = (parts.max()!, parts.min()!)
    let brightest = 0.85 - (most > 0 ? 0.35 * (most - least) / most : 0)
    // Logarithms of contrasts, as shares of that of black on white. Marks have 3:1 or more on white.
    let (contrast, mark) = (log(contrast(with: .paper)) / log(21), log(3.0) / log(21))
    let wanted =
      contrast > mark
      ? 0.22 + (brightest - 0.22) * (contrast - mark) / (1 - mark)
      : Self.darkPage.luminance + (0.22 - Self.darkPage.luminance) * contrast / mark
    return brightened(to: wanted)
  }

  /// A lighter colour: brighter until a part is full, and only then paler. A darker one as `withLuminance` gives it.
  private func brightened(to wanted: Double) -> Colour {
    let (own, parts) = (luminance, linear)
    guard let most = parts.max(), most > 0, wanted > own else { return withLuminance(wanted) }
    let full = Colour(linear: parts.map { $0 * min(wanted / own, 1 / most) })
    return full.luminance >= wanted ? full : full.withLuminance(wanted)
  }

  public var hexadecimal: String {
    let digits = String(rgb, radix: 16)
    return String(repeating: "0", count: 6 - digits.count) + digits
  }

  private var linear: [Double] {
    [16, 8, 0].map { shift in
      let part = Double(rgb >> shift & 0xFF) / 255
      return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
    }
  }

  private init(linear: [Double]) {
    self.init(
      linear.reduce(0) { rgb, part in
        let part = min(max(part, 0), 1)
        let share = part <= 0.0031308 ? 12.92 * part : 1.055 * pow(part, 1 / 2.4) - 0.055
        return rgb << 8 | Int((255 * share).rounded())
      })
  }
}
