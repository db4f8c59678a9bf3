import Charts
import Foundation
import FoundationXML
import PlotFiles
import Testing

@Suite struct ChartTests {
  private let home = try! ProjectFolder.find(
    environment: [:], startingAt: [URL(filePath: #filePath)])
  private var scripts: URL { home.appending(path: "plots") }

  @Test func catalogueListsTheFolder() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: scripts.path)
      .filter { $0.hasSuffix(".gp") }
    #expect(files.sorted() == ChartKind.allCases.map { "\($0.name).gp" }.sorted())
    for kind in ChartKind.allCases {
      #expect(!kind.summary.isEmpty)
    }
  }

  @Test func publishedValuesAreNamedWhereTheyAre() throws {
    let (all, own) = (examplePoints, examplePoints.filter { !$0.isPublished })
    #expect(!own.isEmpty && own.count < all.count)
    func summary(_ points: [AccuracyPoint]) throws -> String {
      try Chart.accuracyAgainstState(points, title: "t", subtitle: "").summary
    }
    #expect(try summary(own) == ChartKind.accuracyAgainstState.summary)
    #expect(try summary(all).hasSuffix("attention; published values hollow"))
  }

  @Test func drawsPNGAndSVG() throws {
    let folder = try TemporaryFolder()
    let chart = try Chart.accuracyAgainstState(
      examplePoints, title: "Recall follows state size {a}_b^c & <d>", subtitle: "L=128, d_model 64"
    )
    let pictures = try chart.draw(
      to: folder.url.appending(path: "new folder/mqar v1.0"), scripts: scripts)
    #expect(pictures.map(\.lastPathComponent) == ["mqar v1.0.png", "mqar v1.0.svg"])
    let names = try FileManager.default.contentsOfDirectory(
      atPath: pictures[0].deletingLastPathComponent().path)
    #expect(names.sorted() == ["mqar v1.0.png", "mqar v1.0.svg"])

    let png = try Data(contentsOf: pictures[0])
    #expect(png.prefix(8) == Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
    #expect(png.suffix(8).prefix(4) == Data("IEND".utf8))
    #expect(bigEndian(png[16..<20]) == 1400)
    #expect(bigEndian(png[20..<24]) == 900)

    let svg = SVGText()
    let parser = XMLParser(data: try Data(contentsOf: pictures[1]))
    parser.delegate = svg
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    #expect(svg.size == ["1400", "900"])
    for text in [
      "attention", "mamba", "ssd_2", "N=8, 8 layers", "published", "1/32",
      "Recall follows state size {a}_b^c & <d>", "L=128, d_model 64",
    ] {
      #expect(svg.text.contains(text), "\(text)")
    }
  }

  @Test func measuredMarksAreFilledAndPublishedHollow() throws {
    let folder = try TemporaryFolder()
    func svg(isPublished: Bool) throws -> String {
      let point = AccuracyPoint(
        series: "ssd", capacity: 0.25, accuracy: 0.5, isPublished: isPublished)
      let chart = try Chart.accuracyAgainstState([point], title: "", subtitle: "")
      let picture = try chart.draw(
        to: folder.url.appending(path: "mark"), formats: [.svg], scripts: scripts)[0]
      return try String(contentsOf: picture, encoding: .utf8)
    }
    // gnuplot's circles: gpPt5 is hollow, gpPt6 filled; here in the first series' blue.
    func uses(_ mark: String, _ svg: String) -> Int {
      svg.split(separator: "\n").count {
        $0.contains("#\(mark)'") && $0.contains("color='rgb(  0, 114, 178)'")
      }
    }
    let (measured, published) = (try svg(isPublished: false), try svg(isPublished: true))
    #expect(uses("gpPt6", measured) == 1)
    #expect(uses("gpPt5", measured) == 0)
    #expect(uses("gpPt6", published) == 0)
    #expect(uses("gpPt5", published) == 1)
  }

  @Test func failedDrawingKeepsTheOlderPicture() throws {
    let folder = try TemporaryFolder()
    let older = try folder.write("older", named: "mqar.png")
    let plots = folder.url.appending(path: "plots")
    try FileManager.default.createDirectory(at: plots, withIntermediateDirectories: true)
    _ = try folder.write(
      "set terminal @terminal\nset output output\nplot sin(x)\nnonsense\n",
      named: "plots/accuracy-against-state.gp")
    let chart = try Chart.accuracyAgainstState(examplePoints, title: "", subtitle: "")
    let error = try #require(throws: ChartError.self) {
      try chart.draw(to: folder.url.appending(path: "mqar"), scripts: plots)
    }
    #expect(error.picture.path == older.path)
    #expect(error.description.contains("line 4"))
    #expect(try String(contentsOf: older, encoding: .utf8) == "older")
    let names = try FileManager.default.contentsOfDirectory(
      atPath: older.deletingLastPathComponent().path)
    #expect(!names.contains { $0.hasSuffix(".unfinished") })
  }

  /// On a full disk gnuplot leaves an empty file or a part of a picture, and ends without an error.
  @Test(arguments: ["png", "svg"], ["0", "-12", "<100"])
  func aPartOfAPictureIsNoPicture(_ format: String, _ size: String) throws {
    let folder = try TemporaryFolder()
    let older = try folder.write("older", named: "mqar.\(format)")
    let program = try folder.write(
      """
      #!/bin/sh
      cat >"\(folder.url.path)/commands"
      gnuplot "\(folder.url.path)/commands" || exit
      file=$(sed -n 's/^output = "\\(.*\\)"/\\1/p' "\(folder.url.path)/commands")
      truncate -s "\(size)" "$file"
      """, named: "gnuplot")
    chmod(program.path, 0o755)
    let chart = try Chart.accuracyAgainstState(examplePoints, title: "", subtitle: "")
    let error = try #require(throws: ChartError.self) {
      try chart.draw(
        to: folder.url.appending(path: "mqar"), formats: [#require(Chart.Format(rawValue: format))],
        scripts: scripts, gnuplot: Gnuplot(program: program.path))
    }
    #expect(error.description.contains("perhaps the disk is full"), "\(error)")
    #expect(try String(contentsOf: older, encoding: .utf8) == "older")
  }

  @Test func anSVGIsWellFormed() throws {
    let folder = try TemporaryFolder()
    let text = "a]]>b <c> & 'd'"
    let chart = try Chart.accuracyAgainstState(
      [AccuracyPoint(series: text, capacity: 1, accuracy: 0.5)], title: text, subtitle: text)
    let file = try chart.draw(
      to: folder.url.appending(path: "x"), formats: [.svg], scripts: scripts)[0]
    let parser = XMLParser(data: try Data(contentsOf: file))
    #expect(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")")
  }

  @Test func unwritableFolderIsNamed() throws {
    let chart = try Chart.accuracyAgainstState(examplePoints, title: "", subtitle: "")
    let error = try #require(throws: ChartError.self) {
      try chart.draw(to: URL(filePath: "/proc/nowhere/mqar"), scripts: scripts)
    }
    #expect(error.description.contains("/proc/nowhere/mqar.png"))
  }

  @Test func pointsThatCannotBeDrawnAreRefused() {
    #expect(throws: AccuracyChartError.noPoints) {
      try Chart.accuracyAgainstState([], title: "", subtitle: "")
    }
    for (capacity, accuracy) in [(0.0, 0.5), (-1, 0.5), (.infinity, 0.5), (1, 1.01), (1, .nan)] {
      #expect(throws: AccuracyChartError.self, "\(capacity) \(accuracy)") {
        try Chart.accuracyAgainstState(
          [AccuracyPoint(series: "ssd", capacity: capacity, accuracy: accuracy)], title: "",
          subtitle: "")
      }
    }
  }
}

/// The published table, and made-up values beside it.
let examplePoints: [AccuracyPoint] = [
  .init(series: "attention", label: "2 layers", capacity: 1, accuracy: 1.0, isPublished: true),
  .init(series: "mamba", label: "N=16, 2 layers", capacity: 1 / 32, accuracy: 0, isPublished: true),
  .init(
    series: "ssd_2", label: "N=64, 4 layers", capacity: 1 / 8, accuracy: 0.44, isPublished: true),
  .init(
    series: "ssd_2", label: "N=128, 8 layers", capacity: 1 / 2, accuracy: 0.93, isPublished: true),
  .init(series: "ssd_2", label: "N=256, 4 layers", capacity: 1, accuracy: 0.99, isPublished: true),
  .init(series: "attention", label: "2 layers", capacity: 1, accuracy: 0.998, low: 0.996, high: 1),
  .init(
    series: "mamba", label: "N=1, 2 layers", capacity: 1 / 32, accuracy: 0.02, low: 0.01, high: 0.04
  ),
  .init(
    series: "ssd_2", label: "N=4, 4 layers", capacity: 1 / 8, accuracy: 0.36, low: 0.22, high: 0.47),
  .init(
    series: "ssd_2", label: "N=8, 8 layers", capacity: 1 / 2, accuracy: 0.91, low: 0.85, high: 0.97),
  .init(
    series: "ssd_2", label: "N=16, 4 layers", capacity: 1, accuracy: 0.97, low: 0.95, high: 0.985),
  .init(series: "ssd_2", label: "N=16, 8 layers", capacity: 1, accuracy: 0.99, low: 0.98, high: 1),
]

private func bigEndian(_ bytes: Data) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

/// The text of an SVG and its size.
private final class SVGText: NSObject, XMLParserDelegate {
  var text = ""
  var size: [String?] = []

  func parser(
    _ parser: XMLParser, didStartElement element: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    if element == "svg" { size = [attributes["width"], attributes["height"]] }
  }

  func parser(_ parser: XMLParser, foundCharacters characters: String) {
    text += characters
  }
}
