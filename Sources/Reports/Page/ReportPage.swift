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
  /// The experiment's own charts; none if nothing is scored.
  let charts: [Chart]
  /// The folder of gnuplot scripts; nil for the project's.
  let scripts: URL?

  package init(
    _ experiment: Experiment, table: ResultTable, source: String, charts: [Chart],
    scripts: URL? = nil
  ) {
    self.experiment = experiment
    self.table = table
    results = table.lines.map(\.result)
    self.source = source
    self.charts = charts
    self.scripts = scripts
  }

  /// The whole page. Throws `ChartError` if a chart cannot be drawn.
  package func html() throws -> String {
    let sections = [
      try resultSection, try learningRateSection, try trainingSection, try runSection,
      try configurationSection, machineSection, reproductionSection,
    ]
    let main = HTML(sections)
    let page = element("html", ["lang": "en"]) {
      element("head") {
        element("meta", ["charset": "utf-8"])
        element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
        element("title", [:], title)
        element("style") {
          HTML(trusted: Stylesheet.css + Stylesheet.charts(in: main.markup))
        }
      }
      element("body") {
        heading
        navigation
        element("main") { main }
        element("footer", [:], "Made by recall report from \(count(records.count, "record")).")
        element("script") { HTML(trusted: Script.javascript) }
      }
    }
    return "<!DOCTYPE html>\n\(page.markup)\n"
  }

  var title: String { experiment.chartTitle }

  var runs: [RunResult] { results.flatMap(\.runs) }
  var records: [RunRecord] { runs.compactMap(\.record) }

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
