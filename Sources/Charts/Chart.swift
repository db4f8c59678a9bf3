import Foundation
import PlotFiles

/// A picture to be drawn: its kind, and the variables and tables that the script of the kind reads.
public struct Chart: Sendable {
  public let kind: ChartKind
  public let variables: [String: GnuplotValue]
  public let blocks: [DataBlock]

  public init(_ kind: ChartKind, variables: [String: GnuplotValue], blocks: [DataBlock]) {
    self.kind = kind
    self.variables = variables
    self.blocks = blocks
  }

  /// A picture's file format; the raw value is the file name's extension.
  public enum Format: String, CaseIterable, Sendable {
    case png, svg

    /// gnuplot's two terminals draw one size of text or mark differently. The two scales make the pictures
    /// look alike.
    var variables: [String: GnuplotValue] {
      let size = "size \(Canvas.width),\(Canvas.height) background rgb \"white\""
      return switch self {
      case .png:
        [
          "terminal": .text("pngcairo \(size) font \"sans-serif,15\""),
          "text_scale": .number(1), "mark_scale": .number(1.55),
        ]
      case .svg:
        [
          "terminal": .text("svg \(size) font \"sans-serif,20\""),
          "text_scale": .number(4.0 / 3), "mark_scale": .number(0.6),
        ]
      }
    }
  }

  /// Draws `base.png` and `base.svg`. An older picture is replaced only when the new one is complete.
  ///
  /// - Parameter base: the path without extension; a missing folder is made.
  /// - Returns: the pictures' paths, in the order of `formats`.
  /// - Throws: `ChartError`, or `ProjectFolderError` where no scripts are found.
  public func draw(
    to base: URL, formats: [Format] = Format.allCases, scripts: URL? = nil,
    gnuplot: Gnuplot = Gnuplot()
  ) throws -> [URL] {
    let scripts = try scripts ?? PlotFolder.find()
    let script = scripts.appending(path: "\(kind.name).gp")
    guard FileManager.default.isReadableFile(atPath: script.path) else {
      throw ChartError(picture: script, reason: "the script does not exist or cannot be read")
    }
    return try formats.map { format in
      let picture = base.deletingLastPathComponent()
        .appending(path: "\(base.lastPathComponent).\(format.rawValue)")
      do {
        try draw(picture, format, script, gnuplot)
      } catch let error as ChartError {
        throw error
      } catch let error as GnuplotError {
        throw ChartError(picture: picture, reason: error.description)
      } catch {
        throw ChartError(picture: picture, reason: error.localizedDescription)
      }
      return picture
    }
  }

  private func draw(
    _ picture: URL, _ format: Format, _ script: URL, _ gnuplot: Gnuplot
  ) throws {
    let files = FileManager.default
    try files.createDirectory(
      at: picture.deletingLastPathComponent(), withIntermediateDirectories: true)
    // Another process may draw the same picture now.
    let unfinished = picture.appendingPathExtension("\(getpid()).unfinished")
    defer { try? files.removeItem(at: unfinished) }
    // A viewer of an SVG has fonts of its own.
    let chart = format == .png ? drawable : self
    var variables = chart.variables.merging(format.variables) { $1 }
    variables["output"] = .text(unfinished.path)
    variables["scripts"] = .text(script.deletingLastPathComponent().path)
    try gnuplot.run(script: script, variables: variables, blocks: chart.blocks)
    let data = try Data(contentsOf: unfinished)
    if let problem = PictureFile.problem(data, format) {
      throw ChartError(picture: picture, reason: problem)
    }
    if format == .svg, let mended = PictureFile.wellFormed(data) {
      try mended.write(to: unfinished)
    }
    guard rename(unfinished.path, picture.path) == 0 else {
      throw ChartError(picture: picture, reason: String(cString: strerror(errno)))
    }
  }
}

/// A picture's size in pixels.
package enum Canvas {
  package static let width = 1400
  package static let height = 900
}

public struct ChartError: Error, Hashable, Sendable, CustomStringConvertible {
  public let picture: URL
  public let reason: String

  public var description: String { "cannot draw \(picture.path): \(reason)" }
}
