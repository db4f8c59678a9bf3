import Foundation

extension Chart {
  /// A picture's file format; the raw value is the file name's extension.
  public enum Format: String, CaseIterable, Sendable {
    case png, svg, pdf
  }

  /// The settings of gnuplot's terminal. Scripts count in units; the terminals draw one size of text or mark differently,
  /// and the scales make the pictures look alike.
  func terminal(_ format: Format) -> [String: GnuplotValue] {
    let units = width.units
    switch format {
    case .png:
      // On paper 300 pixels an inch.
      let pixels = width.millimetres.map { ($0 / 25.4 * 300).rounded() } ?? units
      let scale = pixels / units
      let size = "size \(Int(pixels)),\(Int((height * scale).rounded()))"
      return [
        "terminal": .text(
          "pngcairo \(size) background rgb \"white\" font \"sans-serif,15\" fontscale \(scale) "
            + "linewidth \(scale)"), "text_scale": .number(1),
        "mark_scale": .number(1.55 * scale * width.markScale),
      ]
    case .pdf:
      // A unit of a screen's picture is 1/96 inch.
      let inches = width.millimetres.map { $0 / 25.4 } ?? units / 96
      let scale = inches * 96 / units
      return [
        "terminal": .text(
          "pdfcairo size \(inches)in,\(height / units * inches)in background rgb \"white\" "
            + "font \"sans-serif,15\" fontscale \(scale) linewidth \(scale * 4 / 3) dashlength 0.5"),
        "text_scale": .number(0.75), "mark_scale": .number(1.55 * scale * 0.75 * width.markScale),
      ]
    case .svg:
      return [
        "terminal": .text(
          "svg size \(Int(units)),\(Int(height)) background rgb \"white\" font \"sans-serif,20\""),
        "text_scale": .number(4.0 / 3), "mark_scale": .number(0.6 * width.markScale),
      ]
    }
  }
}
