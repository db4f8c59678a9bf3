import Charts
import Experiments
import Models

extension ModelConfiguration {
  /// The colour and mark of the model's mixer in every chart and in the report: those of its position in the catalogue, which
  /// every mixer has, also one that another package registers. A hybrid has those of its last mixer, with a black edge.
  package var chartStyle: SeriesStyle {
    let kind = type(of: mixers[mixers.count - 1]).kind
    let position = MixerCatalog.kinds.firstIndex(of: kind) ?? MixerCatalog.kinds.count
    return SeriesStyle(mixer: position, isHybrid: isHybrid)
  }

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
