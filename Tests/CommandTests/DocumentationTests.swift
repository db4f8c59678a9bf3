import Foundation
import Testing

@Suite struct DocumentationTests {
  private static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private static func text(_ page: String) throws -> String {
    try String(contentsOf: package.appending(path: page), encoding: .utf8)
  }

  /// The page holds what the program prints, so it has every key as it is declared.
  @Test(arguments: ["mixers", "tasks", "training", "match", "charts"])
  func everyKeyStandsOnThePageOfTheExperimentFile(topic: String) throws {
    let folder = try RecallProcess(experiment: "")
    defer { folder.remove() }
    let (status, output, errors) = try folder.run("list", topic)
    #expect(status == 0, "\(errors)")
    let keys = output.trimmingCharacters(in: .newlines)
    let isShown = try Self.text("docs/experiment-file.md").contains("```text\n\(keys)\n```")
    #expect(
      isShown, "in docs/experiment-file.md, replace the block by what `recall list \(topic)` prints"
    )
  }

  /// Links to files of the package lead somewhere.
  @Test func linksBetweenPagesLeadToFiles() throws {
    let docs = Self.package.appending(path: "docs").path
    let pages =
      try FileManager.default.contentsOfDirectory(atPath: docs).filter { $0.hasSuffix(".md") }
      .map { "docs/\($0)" } + ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
    var links = 0
    for page in pages {
      let folder = Self.package.appending(path: page).deletingLastPathComponent()
      for match in try Self.text(page).matches(of: /\]\(([^)#\s]+)[^)]*\)/) {
        let link = String(match.1)
        // `[Double](repeating: 0, …)` in an example is no link.
        guard !link.contains("://"), link.contains(".") else { continue }
        links += 1
        let isThere = FileManager.default.fileExists(atPath: folder.appending(path: link).path)
        #expect(isThere, "\(page) links to \(link)")
      }
    }
    #expect(links > 20)
  }
}
