import Charts
import Experiments
import Models

extension ModelConfiguration {
  /// The kind of the last layer's mixer, or of the only one.
  var lastKind: String { type(of: mixers[mixers.count - 1]).kind }

  /// The colour and mark of the model's mixer in every chart and in the report. A hybrid has those of its last mixer, with a
  /// black edge.
  package var chartStyle: SeriesStyle { SeriesStyle(kind: lastKind, isHybrid: isHybrid) }

  /// The mixer's name, or those of a hybrid's mixers.
  package var seriesName: String {
    var names: [String] = []
    for mixer in mixers where !names.contains(type(of: mixer).name) {
      names.append(type(of: mixer).name)
    }
    return isHybrid ? names.joined(separator: " + ") : name
  }
}

extension SeriesStyle {
  /// The colour and mark of a mixer's position in the catalogue, which every mixer has, also one that another package
  /// registers.
  init(kind: String, isHybrid: Bool = false) {
    let position = MixerCatalog.kinds.firstIndex(of: kind) ?? MixerCatalog.kinds.count
    self.init(mixer: position, isHybrid: isHybrid)
  }

  /// The mark as a letter of a text.
  var glyph: String {
    [7: "●", 5: "■", 9: "▲", 13: "◆", 11: "▼", 15: "⬟"][mark, default: "●"]
  }
}

extension Experiment {
  /// A chart's and a report's title: the table's, else the question, else the name.
  package var chartTitle: String {
    if !table.title.isEmpty { return table.title }
    // A title has no full stop.
    return question.isEmpty
      ? name : question.hasSuffix(".") ? String(question.dropLast()) : question
  }
}
