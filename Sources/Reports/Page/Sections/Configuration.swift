import Experiments
import Records
import Results
import Support
import Training

extension ReportPage {
  /// The experiment's file, the settings that all runs share, and those in which runs differ.
  var configurationSection: HTML {
    get throws {
      let settings = try runs.map { try $0.run.configuration.flattened }
      var values: [String: [String]] = [:]
      for (path, value) in settings.joined() {
        let text = value.plainText
        if values[path]?.contains(text) != true { values[path, default: []].append(text) }
      }
      let counts = Dictionary(settings.joined().map { ($0.path, 1) }, uniquingKeysWith: +)
      let paths = values.keys.sorted()
      func isShared(_ path: String) -> Bool {
        values[path]!.count == 1 && counts[path] == settings.count
      }
      func all(_ path: String) -> String {
        (values[path]! + (counts[path] == settings.count ? [] : ["none"])).joined(separator: ", ")
      }
      return section("configuration", "Configuration") {
        element("p", ["class": "muted"], "The experiment's file:")
        element("pre") { element("code", [:], source) }
        element("details") {
          element("summary", [:], "Where runs differ")
          dataTable(
            ["key", "values", "meaning"],
            paths.filter { !isShared($0) }.map { path in
              [
                HTML(path), valueCell(all(path)),
                HTML(Self.meaning(path)),
              ]
            }, textColumns: [0, 1, 2])
        }
        element("details") {
          element("summary", [:], "What all runs share, defaults included")
          settingTable(settings[0].filter { isShared($0.path) })
        }
      }
    }
  }

  static func meaning(_ path: String) -> String { SettingSections.meaning(of: path) ?? "" }
}

/// Keys, values and meanings.
func settingTable(_ settings: [(path: String, value: SettingValue)]) -> HTML {
  dataTable(
    ["key", "value", "meaning"],
    settings.map { path, value in
      [HTML(path), valueCell(value.plainText), HTML(ReportPage.meaning(path))]
    }, textColumns: [0, 1, 2])
}

/// A value, which may be long and have no space.
private func valueCell(_ text: String) -> HTML { element("span", ["class": "value"], text) }
