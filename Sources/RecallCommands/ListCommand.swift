import ArgumentParser
import PlotFiles
import Reports
import Support

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists what an experiment's file can contain, with parameters and their defaults.",
    discussion: """
      EXAMPLES
        recall list              every name, in short
        recall list all          every key of everything
        recall list mixers       what `model:` takes
        recall list mqar ssd     one task, one mixer
        recall list recipes      how models are trained where a file does not say
        recall list match        how `match:` makes models equal
        recall list experiments  the questions in tasks/
      """)

  private static let all = "all"
  private static var topics: [String] { CatalogText.Topic.allCases.map(\.rawValue) }

  @Argument(
    help: """
      What to show: \(Self.topics.joined(separator: ", ")), a mixer or a task such as \
      ssd or mqar, or \(Self.all) (default: the names).
      """,
    completion: .custom { _, _, word in
      (topics + [all] + CatalogText.kinds).filter { $0.hasPrefix(word) }
    })
  var topics: [String] = []

  @Option(help: "The folder of experiments.")
  var directory: String?

  func validate() throws {
    let listed = topics.isEmpty ? [Self.all] : topics
    guard directory == nil || !Set(listed).isDisjoint(with: [Self.all, "experiments"]) else {
      throw ValidationError("--directory is for the topic experiments.")
    }
    let known = Self.topics + [Self.all] + CatalogText.kinds
    for topic in topics where !known.contains(topic) {
      let nearest = nearestText(to: topic, in: known)
      throw ValidationError(
        "\(topic) is not a topic\(nearest); there are \(known.joined(separator: ", ")).")
    }
  }

  func run() throws {
    let folder =
      directory ?? (try? ProjectFolder.find().appendingPathComponent("tasks").path) ?? "tasks"
    guard !topics.isEmpty else {
      return try Terminal.printText(overview(folder).joined(separator: "\n"))
    }
    for name in topics.flatMap({ $0 == Self.all ? Self.topics : [$0] }) {
      let lines: [String]
      if let topic = CatalogText.Topic(rawValue: name) {
        // Only a folder that was asked for must be there.
        guard let found = try? CatalogText.lines(of: topic, experiments: folder) else {
          guard let directory else { continue }
          throw SettingsError("--directory", directory, allowed: "a folder that can be read")
        }
        lines = [name.uppercased()] + found
      } else {
        lines = CatalogText.lines(ofKind: name)
      }
      try Terminal.printText((lines + [""]).joined(separator: "\n"))
    }
  }

  /// Only a folder that was asked for must be there.
  private func overview(_ folder: String) throws -> [String] {
    if let lines = try? CatalogText.overview(experiments: folder) { return lines }
    if let directory {
      throw SettingsError("--directory", directory, allowed: "a folder that can be read")
    }
    return try CatalogText.overview(experiments: nil)
  }
}
