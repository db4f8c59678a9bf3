import Foundation

/// Finds positions for the names of series and the labels of marks.
extension AccuracyLayout {
  mutating func layOutTexts(ofPanel panel: Int) {
    let axes = axes[panel]
    let marks = marks.filter { $0.panel == panel }
    var layout = LabelLayout(frame: axes.frame)
    for mark in marks {
      layout.avoid(
        Box(center: mark.pixel, width: markSize + 4, height: markSize + 4),
        costPerArea: 10)
      layout.avoid(
        Box(
          left: mark.pixel.x - 4, bottom: mark.low - 2, right: mark.pixel.x + 4,
          top: mark.high + 2))
    }
    for (mark, next) in zip(marks, marks.dropFirst()) where mark.lineKey == next.lineKey {
      layout.avoidLine(from: mark.pixel, to: next.pixel)
    }
    for accuracy in baselines[panel].heights {
      let end = axes.pixel(axes.x.range.upperBound, accuracy)
      layout.avoidLine(from: Pixel(axes.frame.left, end.y), to: end)
    }
    // The vertical line at attention's state.
    if plane == .state { layout.avoidLine(from: axes.pixel(1, 0), to: axes.pixel(1, 1)) }

    let texts = texts(of: marks)
    let labels = texts.map { text in
      LabelLayout.Label(
        width: textWidth(text.text, em: em(text.size) * (text.isBold ? 1.15 : 1)),
        height: 1.1 * em(text.size), anchors: text.anchors)
    }
    let places = layout.arrange(labels)
    // A label that cannot be read, or seems to be another mark's, is worse than none: marks tell their values in the SVG.
    let unreadable = layout.unreadable(labels, at: places)
    hasUnreadableName =
      hasUnreadableName || texts.indices.contains { texts[$0].isBold && unreadable.contains($0) }
    for (index, (text, (label, place))) in zip(texts, zip(labels, places)).enumerated()
    where text.isBold || !unreadable.contains(index) {
      figure.overlay.texts.append(
        .init(
          text: text.text, at: place.center, size: text.size, colour: text.colour.forText,
          anchor: .center, isBold: text.isBold))
      let box = Box(center: place.center, width: label.width, height: label.height)
      if let leader = LabelLayout.leader(from: box, to: place.anchor) {
        figure.overlay.lines.append(
          .init(from: leader.from, to: leader.to, colour: .leader, panel: panel))
      }
    }
  }

  /// A text beside one of its anchors.
  private struct Text {
    let text: String
    let size: Double
    let isBold: Bool
    let colour: Colour
    let anchors: [Pixel]
  }

  /// The names of series, and the labels of marks. Marks of one line, or of one series and size, with one label share a
  /// text.
  private func texts(of marks: [Mark]) -> [Text] {
    let sizes = figure.width.sizes
    var texts: [Text] = []
    for (index, name) in series.enumerated() where !hasNamedLegend {
      let anchors = marks.filter { $0.series == index }.map(\.pixel)
      if anchors.isEmpty { continue }
      texts.append(
        Text(
          text: name, size: sizes.name, isBold: true, colour: styles[index].colour,
          anchors: anchors))
    }
    for mark in marks where !mark.point.label.isEmpty && !isNamedByLegend(mark) {
      let alike = marks.filter { other in
        other.series == mark.series && other.point.label == mark.point.label
          && (other.point.capacity == mark.point.capacity
            || !mark.point.line.isEmpty && other.lineKey == mark.lineKey)
      }
      guard alike[0].pixel == mark.pixel else { continue }
      texts.append(
        Text(
          text: mark.point.label, size: sizes.label, isBold: false, colour: mark.style.colour,
          anchors: alike.map(\.pixel)))
    }
    return texts
  }

  /// A series of one model that the legend names needs no label.
  private func isNamedByLegend(_ mark: Mark) -> Bool {
    hasNamedLegend && figure.frames.count == 1
      && marks.count { $0.series == mark.series && !$0.point.isPublished } == 1
  }
}
