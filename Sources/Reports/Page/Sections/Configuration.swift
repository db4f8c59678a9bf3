import Experiments
import Records
import Results
import Support
import Training

extension ReportPage {
  /// Every value that the runs have, by path.
  struct SettingTexts {
    fileprivate(set) var values: [String: [String]] = [:]
    fileprivate var counts: [String: Int] = [:]
    fileprivate var runs = 0

    /// Whether all runs have one value there.
    func isShared(_ path: String) -> Bool { values[path]?.count == 1 && counts[path] == runs }

    func all(_ path: String) -> String {
      ((values[path] ?? []) + (counts[path] == runs ? [] : ["none"])).joined(separator: ", ")
    }
  }

  var settingTexts: SettingTexts {
    var texts = SettingTexts()
    for one in runs {
      texts.runs += 1
      for (path, value) in one.run.configuration.settings {
        let text = value.plainText
        texts.counts[path, default: 0] += 1
        if texts.values[path]?.contains(text) != true {
          texts.values[path, default: []].append(text)
        }
      }
    }
    return texts
  }

  /// The settings that all runs share, and those in which runs differ.
  var settingPart: LivePart {
    let texts = settingTexts
    let shared = runs.first?.run.configuration.settings ?? []
    return LivePart("setting-parts") {
      if !arguments.isEmpty {
        element("p", ["class": "muted"], "On the command line:")
        code(arguments.joined(separator: " "))
      }
      element("details", ["id": "different"]) {
        element("summary", [:], "Where runs differ")
        dataTable(
          "different-settings", caption: "Settings in which runs differ",
          ["key", "values", "meaning"],
          texts.values.keys.sorted().filter { !texts.isShared($0) }.map { path in
            [HTML(path), valueCell(texts.all(path)), HTML(Self.meaning(path))]
          }, textColumns: [0, 1, 2])
      }
      element("details", ["id": "shared"]) {
        element("summary", [:], "What all runs share, defaults included")
        dataTable(
          "shared-settings", caption: "Settings that all runs share",
          ["key", "value", "meaning"],
          shared.filter { texts.isShared($0.path) }.map { path, value in
            [HTML(path), valueCell(value.plainText), HTML(Self.meaning(path))]
          }, textColumns: [0, 1, 2])
      }
    }
  }

  private static func meaning(_ path: String) -> String { SettingSections.meaning(of: path) ?? "" }
}

/// A value, which may be long and have no space.
private func valueCell(_ text: String) -> HTML { element("span", ["class": "value"], text) }
