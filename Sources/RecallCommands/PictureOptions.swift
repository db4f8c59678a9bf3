import ArgumentParser
import Charts

/// How charts are drawn.
struct PictureOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The charts' formats, of png, svg and pdf, with commas between.", valueName: "png,svg,pdf"))
  var format: String?

  @Option(
    help: ArgumentHelp(
      "screen (1400 pixels); or, for print, column (85 mm) or page (178 mm): texts of about 7 points, PNG at 300 "
        + "dots per inch.",
      valueName: "screen|column|page"))
  var width: String?

  func validate() throws {
    _ = try formats
    _ = try pictureWidth
  }

  /// Each once, in the order given.
  var formats: [Chart.Format] {
    get throws {
      guard let format else { return Chart.usualFormats }
      var formats: [Chart.Format] = []
      for name in format.split(separator: ",", omittingEmptySubsequences: false) {
        let name = name.trimmingPrefix(" ")
        guard let one = Chart.Format(rawValue: String(name)) else {
          throw ValidationError(
            "--format \(format): '\(name)' is no format; give some of png, svg and pdf, such as "
              + "--format pdf,svg")
        }
        if !formats.contains(one) { formats.append(one) }
      }
      return formats
    }
  }

  var pictureWidth: PictureWidth {
    get throws {
      guard let width else { return .screen }
      guard let one = PictureWidth(rawValue: width) else {
        throw ValidationError(
          "--width \(width) is none of screen, column (85 mm on paper) and page (178 mm)")
      }
      return one
    }
  }
}
