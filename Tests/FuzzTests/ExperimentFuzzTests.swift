import Experiments
import Foundation
import Support
import Testing
import Training

/// Damaged experiments: each is read or refused with the line that is wrong; none crashes or takes long.
@Suite struct ExperimentFuzzTests {
  /// The experiments of `tasks/`, by name.
  private static func files() throws -> [(name: String, data: Data)] {
    let folder = projectFolder.appending(path: "tasks")
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      .filter { $0.hasSuffix(".yaml") }
      .map { ($0, try Data(contentsOf: folder.appending(path: $0))) }
  }

  @Test func damagedFilesAreReadOrRefused() throws {
    let mutation = TextMutation(files: try Self.files().map(\.data), seed: 4)
    var read = 0
    let fuzz = try FuzzFolder("experiment.yaml")
    let trials = try fuzz.run { trial in
      mutation.file(trial: trial)
    } read: { url, data in
      do {
        let experiment = try Experiment(contentsOf: url.path)
        read += 1
        return { try Self.count(experiment) }
      } catch let error as ConfigurationError {
        let lines = data.split(separator: 0x0A, omittingEmptySubsequences: false).count
        #expect(error.mark.file == url.path && error.mark.column >= 1)
        #expect((1...lines + 1).contains(error.mark.line), "\(error)")
        #expect(!error.message.isEmpty)
        return nil
      }
    }
    #expect(read > 0 && read < trials)
  }

  /// What a plan counts before anything is trained.
  private static func count(_ experiment: Experiment) throws {
    for run in experiment.runs.prefix(3)
    where run.configuration.task.task.sequenceLength <= 1 << 12 {
      do {
        _ = try RunCost(run.configuration)
      } catch is SettingsError {}
    }
  }

  /// Every value of every file, replaced by a word that no key allows, is taken as text or named with its line.
  @Test func aWrongValueIsNamedWhereItIs() throws {
    let wrong = "wrong-0x7"
    var refused = 0
    let fuzz = try FuzzFolder("experiment.yaml")
    let cases = try Self.files().flatMap { name, data in
      let text = String(decoding: data, as: UTF8.self)
      return try Self.scalars(of: ConfigurationNode(yaml: text, file: name)).map { (text, $0) }
    }
    try fuzz.run(cases: cases) { text, mark in
      Data(Self.replacing(valueAt: mark, of: text, by: wrong).utf8)
    } read: { url, data in
      do {
        _ = try Experiment(contentsOf: url.path)
      } catch let error as ConfigurationError {
        let text = String(decoding: data, as: UTF8.self)
        let line = 1 + text.prefix(upTo: text.range(of: wrong)!.lowerBound).count { $0 == "\n" }
        #expect(error.message.contains(wrong), "\(error)")
        #expect(error.mark.line == line, "\(error)")
        refused += 1
      }
      return nil
    }
    #expect(refused > 0)
  }

  /// Where the values are that stand on one line.
  private static func scalars(of node: ConfigurationNode) -> [SourceMark] {
    switch node.content {
    case .scalar: [node.mark]
    case .list(let nodes): nodes.flatMap(scalars)
    case .group(let entries): entries.map(\.node).flatMap(scalars)
    }
  }

  /// The text with another plain value at `mark`: up to what can follow one.
  private static func replacing(valueAt mark: SourceMark, of text: String, by value: String)
    -> String
  {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(Array.init)
    let line = lines[mark.line - 1]
    let (before, rest) = (line[..<(mark.column - 1)], line[(mark.column - 1)...])
    // A quoted or folded text may be anything: it is not replaced.
    guard let first = rest.first, !"\"'>|".contains(first) else { return text }
    let end = rest.firstIndex { ",]}".contains($0) } ?? rest.endIndex
    let comment = rest.firstIndex { $0 == "#" } ?? rest.endIndex
    lines[mark.line - 1] = Array(before) + Array(value) + rest[min(end, comment)...]
    return lines.map { String($0) }.joined(separator: "\n")
  }
}
