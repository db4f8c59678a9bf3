import Charts
import Experiments
import Foundation
import Records
import Results
import Support

/// An experiment's records as one HTML page that contains its style, script and charts.
///
/// The same file and records always give the same page.
package struct ReportPage {
  let experiment: Experiment
  let table: ResultTable
  let results: [ConfigurationResult]
  /// The text of the experiment's file.
  let source: String
  /// What stands after the file on the command line, such as training.lr=1e-2.
  let arguments: [String]
  /// The experiment's own charts; none if nothing is scored.
  let charts: [Chart]
  /// The folder of gnuplot scripts; nil for the project's.
  let scripts: URL?
  private let pictures: PagePictures

  private static let generator = "recall report"
  /// Texts of which every page of ours has one; pages before 0.3 have the second.
  package static let signs = [
    "name=\"generator\" content=\"\(generator)\"",
    "<style>:root { color-scheme: light dark; --page: ",
  ]

  /// - Parameter pictures: those of an earlier page, which are not drawn again.
  package init(
    _ experiment: Experiment, table: ResultTable, source: String, arguments: [String] = [],
    charts: [Chart], scripts: URL? = nil, pictures: PagePictures = PagePictures()
  ) {
    self.experiment = experiment
    self.table = table
    results = table.lines.map(\.result)
    self.source = source
    self.arguments = arguments
    self.charts = charts
    self.scripts = scripts
    self.pictures = pictures
  }

  /// The whole page. Throws `ChartError` if a chart cannot be drawn.
  package func html() throws -> String { try content().html }

  /// The page as it is now, and what makes an older page equal to it.
  package struct Content: Sendable {
    package let html: String
    /// Changes whenever the page does.
    package let stamp: String
    fileprivate let parts: [LivePart]

    /// A script with the page's parts.
    package func update() throws -> String {
      let values = Dictionary(
        uniqueKeysWithValues: parts.map { ($0.id, [$0.version, $0.content.markup]) })
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let json = String(decoding: try encoder.encode(values), as: UTF8.self)
      return "recallUpdate(\"\(stamp)\", \(json));\n"
    }
  }

  /// - Parameter folder: where an open page finds its updates, next to it; nil for a page that does not change.
  package func content(watching folder: String? = nil) throws -> Content {
    let rates = rateCharts
    let trainings = trainingCharts
    let drawn = try pictures.draw(
      charts.enumerated().map { .init(id: "chart\($0 + 1)", chart: $1) } + rates.map(\.picture)
        + trainings.compactMap { $0 }, scripts: scripts)
    let (progress, footer) = (progressPart, footerPart)
    let (result, rate, training) = (
      try resultPart(drawn), try learningRatePart(rates, drawn), trainingParts(trainings, drawn)
    )
    let (runs, settings) = (runParts, settingPart)
    let (machine, reproduction) = (machinePart, reproductionPart)
    let parts =
      [progress, result, rate] + training + runs + [settings, machine, reproduction, footer]
    let colours = Colour.darkVariables(in: parts.map(\.content.markup).joined())
    let dark = LivePart("chart-colours") {
      HTML(trusted: "@media screen and (prefers-color-scheme: dark) { :root { \(colours) } }")
    }
    let stamp = Checksum(of: (parts + [dark]).map(\.version).joined()).hexadecimal
    let page = element("html", ["lang": "en"]) {
      element("head") {
        element("meta", ["charset": "utf-8"])
        element("meta", ["name": "generator", "content": Self.generator])
        element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
        element("title", [:], title)
        element("style") { HTML(trusted: Stylesheet.css) }
        dark.element("style")
      }
      element(
        "body",
        [
          "data-name": experiment.name, "data-watch": folder,
          "data-stamp": folder == nil ? nil : stamp,
        ]
      ) {
        heading(progress, isWatched: folder != nil)
        navigation
        element("main") {
          element("section", ["id": "results"]) {
            element("h2", [:], "Results")
            result.element
          }
          section("learning-rates", "Learning rates") { rate.element }
          section("training", "Training") {
            element("div", ["class": "pictures"]) { HTML(training.map(\.element)) }
          }
          section("runs", "Runs") {
            element(
              "p", ["class": "muted"], "Open a run for its evaluations, settings and command.")
            element("div", ["id": "run-tools", "class": "tools"])
            HTML(runs.map { $0.element("section") })
          }
          section("configuration", "Configuration") {
            element("p", ["class": "muted"], "The experiment's file:")
            code(source)
            settings.element
          }
          section("machine", "Machine and code") { machine.element }
          section("reproduce", "Reproduce") { reproduction.element }
        }
        footer.element("footer")
        element("script") { HTML(trusted: Script.javascript) }
      }
    }
    return Content(
      html: "<!DOCTYPE html>\n\(page.markup)\n", stamp: stamp, parts: parts + [dark])
  }

  var title: String { experiment.chartTitle }

  var runs: [RunResult] { results.flatMap(\.runs) }
  var records: [RunRecord] { runs.compactMap(\.record) }

  private var footerPart: LivePart {
    LivePart("made") { "Made by recall report from \(count(records.count, "record"))." }
  }

  private var navigation: HTML {
    element("nav", ["aria-label": "Parts of this page"]) {
      for (id, name) in [
        ("results", "Results"), ("learning-rates", "Learning rates"), ("training", "Training"),
        ("runs", "Runs"), ("configuration", "Configuration"), ("machine", "Machine and code"),
        ("reproduce", "Reproduce"),
      ] {
        element("a", ["href": "#\(id)"], name)
      }
    }
  }
}
