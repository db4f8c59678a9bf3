import Charts
import Foundation
import FoundationXML
import PlotFiles
import Testing

/// Formats, widths on paper, what an SVG says on hovering, and characters without a font.
@Suite struct PictureTests {
  private let scripts = try! ProjectFolder.find(
    environment: [:], startingAt: [URL(filePath: #filePath)]
  ).appending(path: "plots")

  private func picture(
    _ format: Chart.Format, _ width: PictureWidth, title: String = "A title"
  ) throws -> Data {
    let folder = try TemporaryFolder()
    let chart = try Chart.accuracyAgainstState(
      examplePoints, title: title, subtitle: "", width: width)
    let file = try chart.draw(
      to: folder.url.appending(path: "chart"), formats: [format], scripts: scripts)[0]
    return try Data(contentsOf: file)
  }

  @Test(arguments: [(PictureWidth.column, 1004), (.page, 2102), (.screen, 1400)])
  func widthsInPixels(_ width: PictureWidth, _ pixels: Int) throws {
    let png = try picture(.png, width)
    #expect(png[16..<20].reduce(0) { $0 << 8 | Int($1) } == pixels)
  }

  /// gnuplot gets every byte of a path, also those that mean something to it.
  @Test(arguments: ["図\u{3000}一", "a\nb", "it's \"$x\" `id` \\n", "\u{a0}"])
  func anyNameOfAFile(_ name: String) throws {
    let folder = try TemporaryFolder()
    let base = folder.url.appending(path: name).appending(path: name)
    let chart = try Chart.accuracyAgainstState(examplePoints, title: "T", subtitle: "")
    let files = try chart.draw(to: base, formats: [.svg], scripts: scripts)
    #expect(files.map(\.lastPathComponent) == ["\(name).svg"])
    let found = try FileManager.default.contentsOfDirectory(
      atPath: base.deletingLastPathComponent().path)
    #expect(found == ["\(name).svg"])
  }

  /// Neither a link nor a pipe is replaced, and nothing is drawn in a folder that cannot be written to.
  @Test func whatIsNoFileIsNotReplaced() throws {
    let folder = try TemporaryFolder()
    let chart = try Chart.accuracyAgainstState(examplePoints, title: "T", subtitle: "")
    let link = folder.url.appending(path: "link.svg")
    try FileManager.default.createSymbolicLink(
      at: link, withDestinationURL: folder.url.appending(path: "none"))
    mkfifo(folder.url.appending(path: "pipe.svg").path, 0o600)
    for name in ["link", "pipe"] {
      let error = #expect(throws: ChartError.self) {
        try chart.draw(to: folder.url.appending(path: name), formats: [.svg], scripts: scripts)
      }
      #expect(error?.reason == "is not a regular file")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).count == 2)
  }

  /// U+FFFE is no character of XML.
  @Test func noncharactersAreLeftOut() throws {
    let svg = try picture(.svg, .screen, title: "a\u{FFFE}b\u{FFFF}c")
    #expect(try XMLDocument(data: svg).rootElement() != nil)
    #expect(!String(decoding: svg, as: UTF8.self).unicodeScalars.contains("\u{FFFE}"))
  }

  /// A user's own gnuplot settings do not change a picture.
  @Test func settingsOfTheUserDoNotMatter() async throws {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      _ = try folder.write("this is no command of gnuplot\n", named: ".gnuplot")
      setenv("HOME", folder.url.path, 1)
      setenv("GNUTERM", "aqua", 1)
      #expect(try Gnuplot().run(commands: "print 1\n") == "1\n")
    }
  }

  /// Of a process that is gone, and of one that lives.
  @Test func leftoversAreRemoved() throws {
    let folder = try TemporaryFolder()
    let base = folder.url.appending(path: "chart")
    let chart = try Chart.accuracyAgainstState(examplePoints, title: "T", subtitle: "")
    let ended = Process()
    ended.executableURL = URL(filePath: "/bin/true")
    try ended.run()
    ended.waitUntilExit()
    let own = PictureFile.unfinished(base.appendingPathExtension("svg")).lastPathComponent
    func name(of process: Int32) -> String { own.replacing("-\(getpid()).", with: "-\(process).") }
    let living = name(of: getppid())
    for name in [name(of: ended.processIdentifier), living] {
      try Data().write(to: folder.url.appending(path: name))
    }
    _ = try chart.draw(to: base, formats: [.svg], scripts: scripts)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
    #expect(Set(names) == ["chart.svg", living])
  }

  @Test func widthsOnPaper() throws {
    let pdf = String(decoding: try picture(.pdf, .column), as: UTF8.self)
    #expect(pdf.hasPrefix("%PDF"))
    let svg = String(decoding: try picture(.svg, .page), as: UTF8.self)
    #expect(svg.contains("<svg width=\"178.0mm\""))
    #expect(svg.contains("viewBox=\"0 0 1120 "))
  }

  @Test func hoveringSaysTheValue() throws {
    let data = try picture(.svg, .screen, title: "Recall <& more> {x}")
    let parser = XMLParser(data: data)
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    let svg = String(decoding: data, as: UTF8.self)
    #expect(svg.contains("<title>Recall &lt;&amp; more&gt; {x}</title>"))
    #expect(
      svg.contains(
        "<title>ssd_2, N=4, 4 layers\naccuracy 0.360 (0.220–0.470)\nstate / attention 0.125</title>"
      ))
    #expect(svg.contains("accuracy 0.440, published\nstate / attention 0.125</title>"))
    // One for each point and one for the picture; gnuplot's own quote its script.
    #expect(svg.components(separatedBy: "<title>").count - 1 == examplePoints.count + 1)
    #expect(!svg.contains("$marks"))
  }

  /// Without a font for them, cairo's boxes would cover the picture.
  @Test func charactersWithoutAFontAreSmallBoxes() throws {
    // No font has a character of the private planes.
    let strange = "\u{F1234}\u{F1235}"
    let chart = try Chart.accuracyAgainstState(
      examplePoints, title: "state \(strange)", subtitle: strange)
    #expect(chart.missingCharacters == Set(strange))
    let boxes = try picture(.png, .screen, title: "state □□")
    #expect(try picture(.png, .screen, title: "state \(strange)") == boxes)
    let svg = String(
      decoding: try picture(.svg, .screen, title: "state \(strange)"), as: UTF8.self)
    #expect(svg.contains("state \(strange)"))
    let usual = try Chart.accuracyAgainstState(
      examplePoints, title: "K₅₀ → d_model · ½ é Ж λ", subtitle: "")
    #expect(usual.missingCharacters.isEmpty)
  }
}
