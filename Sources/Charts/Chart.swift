import Foundation
import PlotFiles

/// A picture to be drawn: its kind, and the variables and tables that the script of the kind reads.
public struct Chart: Hashable, Sendable {
  public let kind: ChartKind
  public let width: PictureWidth
  /// In units, of which `width` has so many.
  public let height: Double
  /// For readers who cannot see it, and for SVG's title.
  public let title: String
  public let summary: String
  public let variables: [String: GnuplotValue]
  public let blocks: [DataBlock]
  /// What a reader sees on hovering over marks, by the plot's title in the script; one for each row of its table.
  public let tips: [String: [String]]

  public init(
    _ kind: ChartKind, width: PictureWidth, height: Double, title: String, summary: String,
    variables: [String: GnuplotValue], blocks: [DataBlock], tips: [String: [String]]
  ) {
    (self.kind, self.width, self.height) = (kind, width, height)
    (self.title, self.summary) = (title, summary)
    (self.variables, self.blocks, self.tips) = (variables, blocks, tips)
  }

  /// What is drawn where nobody asks for another format.
  public static let usualFormats: [Format] = [.png, .svg]

  /// Draws `base.png`, `base.svg` or `base.pdf`. An older picture is replaced only when the new one is complete.
  ///
  /// - Parameter base: the path without extension; a missing folder is made.
  /// - Returns: the pictures' paths, in the order of `formats`.
  /// - Throws: `ChartError`, or `ProjectFolderError` where no scripts are found.
  public func draw(
    to base: URL, formats: [Format] = Chart.usualFormats, scripts: URL? = nil,
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
    if let problem = PictureFile.obstacle(picture) {
      throw ChartError(picture: picture, reason: problem)
    }
    PictureFile.removeLeftovers(of: picture)
    let unfinished = PictureFile.unfinished(picture)
    defer { try? files.removeItem(at: unfinished) }
    // A reader of an SVG may have fonts that this machine has not.
    let (texts, blocks) = substituting(format == .svg ? [] : missingCharacters)
    var variables = texts.merging(terminal(format)) { $1 }
    variables["output"] = .path(unfinished.path)
    variables["scripts"] = .path(script.deletingLastPathComponent().path)
    try gnuplot.run(script: script, variables: variables, blocks: blocks)
    if format == .svg { try SVGFile.finish(unfinished, of: self) }
    if let problem = PictureFile.problem((try? Data(contentsOf: unfinished)) ?? Data(), format) {
      throw ChartError(picture: picture, reason: problem)
    }
    guard rename(unfinished.path, picture.path) == 0 else {
      throw ChartError(picture: picture, reason: String(cString: strerror(errno)))
    }
  }
}

public struct ChartError: Error, Hashable, Sendable, CustomStringConvertible {
  public let picture: URL
  public let reason: String

  public var description: String { "cannot draw \(picture.path): \(reason)" }
}
