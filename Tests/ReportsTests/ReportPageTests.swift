import Charts
import ExperimentSamples
import Experiments
import Foundation
import FoundationXML
import Records
import Reports
import Results
import Scheduling
import Support
import Testing
import Training

@Suite struct ReportPageTests {
  private static let page = Result {
    let (experiment, table) = try sampleTable()
    let chart = try Chart.accuracyAgainstState(
      [AccuracyPoint(series: hostile, capacity: 1, accuracy: 0.5)], title: hostile, subtitle: "")
    return try ReportPage(
      experiment, table: table, source: sampleFile, charts: [chart], scripts: sampleScripts
    ).html()
  }

  private func document() throws -> Document { try Document(Self.page.get()) }

  @Test func isWellFormedAndNeedsNothingElse() throws {
    let page = try document()
    #expect(page.error == nil)
    for element in page.elements {
      #expect(
        !["img", "link", "iframe", "object", "embed", "base", "form", "image", "foreignObject"]
          .contains(element.name), "\(element.name)")
      for (name, value) in element.attributes {
        #expect(!["src", "srcset", "action", "data"].contains(name) && !name.hasPrefix("on"))
        if name == "href" { #expect(value.hasPrefix("#"), "\(value)") }
        #expect(!value.lowercased().contains("url("), "\(name)=\(value)")
      }
    }
    for words in ["url(", "@import", "http:", "https:", "fetch(", "XMLHttpRequest", "eval("] {
      #expect(!Stylesheet.css.contains(words) && !Script.javascript.contains(words), "\(words)")
    }
    // A parser of HTML ends them at the first "</"; a parser of XML reads marks in them.
    for text in [Stylesheet.css, Script.javascript] {
      #expect(!text.contains("<") && !text.contains("&"))
    }
  }

  /// Of thousands a page shows some, and says so.
  @Test func ofManyEvaluationsAPageShowsSome() throws {
    let experiment = try Experiment(yaml: sampleFile, file: "x.yaml")
    var record = RunRecord(experiment.runs[0], machine: sampleMachine, threads: 1)
    record.evaluations = (1...500).map { sampleEvaluation(step: $0, accuracy: 0.5) }
    #expect(record.shownEvaluations == record.evaluations && record.shownEvaluationsNote == "")
    record.evaluations += (501...1998).map { sampleEvaluation(step: $0, accuracy: 0.5) }
    let steps = record.shownEvaluations.map(\.step)
    #expect(steps.count == 500 && steps[1] == 5 && steps.first == 1 && steps.last == 1998)
    #expect(steps == steps.sorted() && Set(steps).count == 500)
    #expect(record.shownEvaluationsNote.hasPrefix("500 of 1998 evaluations"))
  }

  @Test func everyLinkHasOneTarget() throws {
    let page = try document()
    let ids = page.elements.compactMap { $0.attributes["id"] }
    #expect(Set(ids).count == ids.count)
    for target in page.elements.compactMap({ $0.attributes["href"] }) {
      #expect(ids.contains(String(target.dropFirst())), "\(target)")
    }
  }

  @Test func whatUsersWriteIsText() throws {
    let page = try document()
    #expect(page.elements.count { $0.name == "script" } == 1)
    #expect(page.elements.count { $0.name == "style" } == 2)
    #expect(page.elements.allSatisfy { $0.name != "b" })
    #expect(page.text.contains(hostile))
    #expect(page.text.contains("SSD \(hostile)"))
    #expect(page.text.contains("a <processor>"))
    #expect(page.text.contains("A note <with> \"marks\""))
    #expect(page.text.contains("Ended at step 217: the loss is <not> finite"))
  }

  @Test func everyRunIsThereWithItsState() throws {
    let page = try document()
    let (experiment, _) = try sampleTable()
    for run in experiment.runs {
      #expect(page.elements.contains { $0.attributes["id"] == run.hash })
    }
    for words in [
      "2 models, 12 runs: 8 finished, 1 diverged, 1 failed, 1 unfinished, 1 not begun.",
      "not finished", "no memory", "chosen rate", "test accuracy 0.910", "0.97",
      " at step 300", "git checkout 0123456789ab",
      "./recall run 'tasks/it'\\''s small.yaml'", "3 hours", "files had been changed since",
      "lr 0.1, seed 1 (failed)", "validation accuracy 0.68", "8, none",
      "Test accuracy by n_pairs, mean over seeds", "accuracy, n_pairs 8",
    ] {
      #expect(page.text.contains(words), "\(words)")
    }
    #expect(page.text.contains("training.lr") && page.text.contains("0.001, 0.01, 0.1"))
    // The experiment's chart, one for learning rates, one for each model's training.
    #expect(page.elements.count { $0.name == "svg" } == 4)
    #expect(page.elements.count { $0.attributes["class"] == "status diverged" } == 1)
    // Of attention a rate is chosen, of SSD none yet; and one in the legend.
    let rings = page.elements.filter { $0.attributes["href"] == "#rates0-gpPt5" }
    #expect(rings.count { $0.attributes["id"] == nil } == 2)
    #expect(page.text.contains("lr 0.01 (chosen)") && page.text.contains("lr 0.1"))
  }

  /// The chart and the table first, everything else folded; tables that a screen reader can name.
  @Test func resultsAreOpenAndTheRestIsFolded() throws {
    let page = try document()
    let parts = page.elements.filter { $0.attributes["class"] == "part" }
    #expect(parts.count == 6 && parts.allSatisfy { $0.attributes["open"] == nil })
    #expect(page.elements.contains { $0.name == "section" && $0.attributes["id"] == "results" })
    let tables = page.elements.count { $0.name == "table" }
    #expect(page.elements.count { $0.name == "caption" } == tables)
    #expect(page.elements.count { $0.attributes["scope"] == "row" } > tables)
    #expect(page.text.contains("seed 0") && page.text.contains(",chosen,status,"))
    for label in ["attention", "SSD"] {
      #expect(
        page.text.contains("training.lr=0.01 --seed 1 --only \(label == "SSD" ? "'SSD" : label)"))
    }
    // What all runs share stands once.
    #expect(page.elements.count { $0.attributes["id"] == "shared-settings" } == 1)
    let shared = try Self.page.get().components(separatedBy: "validation_examples").count - 1
    #expect(shared < 6, "\(shared)")
  }

  @Test func marksTellTheirValues() throws {
    let page = try document()
    #expect(
      page.text.contains("lr 0.01, seed 1, step 400\naccuracy 0.910, loss 0.25 (training 0.225)"))
    #expect(page.elements.contains { $0.attributes["title"] == "seed 0: 0.9000\nseed 1: 0.9100" })
    let marks = page.elements.compactMap { $0.attributes["data-mark"] }
    #expect(marks.count == 2 && Set(marks).count == 2)
  }

  /// A line break between a number and its star would leave the star with nothing to mark.
  @Test func aStarStaysWithItsNumber() throws {
    let yaml = sampleFile.replacing("lr: [1e-3, 1e-2, 1e-1]", with: "lr: [1e-2, 1e-1]")
    let (experiment, table) = try sampleTable(yaml: yaml)
    let html = try ReportPage(
      experiment, table: table, source: yaml, charts: [], scripts: sampleScripts
    ).html()
    #expect(html.contains("<span class=\"whole\">0.01 *</span>"))
  }

  /// A page that is followed differs from one that is sent only in where it looks for news.
  @Test func anUpdateHasEveryPartThatChanges() throws {
    func content(_ record: @escaping (Experiment.Run) -> RunRecord?) throws -> ReportPage.Content {
      let (experiment, table) = try sampleTable(record: record)
      return try ReportPage(
        experiment, table: table, source: sampleFile, charts: [], scripts: sampleScripts
      ).content(watching: "live")
    }
    func parts(_ content: ReportPage.Content) throws -> [String: [String]] {
      let (start, update) = ("recallUpdate(\"\(content.stamp)\", ", try content.update())
      try #require(update.hasPrefix(start) && update.hasSuffix(");\n"))
      let json = Data(update.dropFirst(start.count).dropLast(3).utf8)
      return try JSONDecoder().decode([String: [String]].self, from: json)
    }
    let before = try content { $0.row == 1 ? nil : sampleRecord(of: $0) }
    let after = try content(sampleRecord)
    #expect(before.stamp != after.stamp)
    for content in [before, after] {
      let shown = Document(content.html).elements.compactMap { element in
        element.attributes["data-version"].map { (element.attributes["id"] ?? "", $0) }
      }
      let update = try parts(content)
      #expect(update.mapValues { $0[0] } == Dictionary(uniqueKeysWithValues: shown))
      for (id, part) in update { #expect(content.html.contains(part[1]), "\(id)") }
      #expect(content.html.contains("data-watch=\"live\" data-stamp=\"\(content.stamp)\""))
    }
    let (old, new) = (try parts(before), try parts(after))
    let changed = Set(new.keys.filter { new[$0] != old[$0] })
    #expect(changed.isSuperset(of: ["progress", "result-parts", "training-of1", "runs-of1"]))
    #expect(changed.isDisjoint(with: ["training-of0", "runs-of0", "setting-parts"]))
    #expect(try !Self.page.get().contains("data-watch=\""))
  }

  @Test func isAFunctionOfTheRecords() throws {
    let (experiment, table) = try sampleTable { _ in nil }
    let page = ReportPage(
      experiment, table: table, source: sampleFile, charts: [], scripts: sampleScripts)
    let html = try page.html()
    #expect(try page.html() == html)
    let document = Document(html)
    #expect(document.error == nil)
    #expect(document.text.contains("12 runs: 12 not begun."))
    #expect(document.text.contains("There is no record yet."))
  }
}

/// A page read as XML.
private final class Document: NSObject, XMLParserDelegate {
  private(set) var elements: [(name: String, attributes: [String: String])] = []
  private(set) var text = ""
  private(set) var error: (any Error)?

  init(_ page: String) {
    super.init()
    let parser = XMLParser(data: Data(page.utf8))
    parser.delegate = self
    if !parser.parse() { error = parser.parserError ?? CocoaError(.coderInvalidValue) }
  }

  func parser(
    _ parser: XMLParser, didStartElement element: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    elements.append((element, attributes))
  }

  func parser(_ parser: XMLParser, foundCharacters characters: String) { text += characters }
}
