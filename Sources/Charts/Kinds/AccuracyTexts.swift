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
    for accuracy in baselines[panel].accuracies {
      let end = axes.pixel(axes.x.range.upperBound, accuracy)
      layout.avoidLine(from: Pixel(axes.frame.left, end.y), to: end)
    }
    // The vertical line at attention's state.
    if plane == .state { layout.avoidLine(from: axes.pixel(1, 0), to: axes.pixel(1, 1)) }

    let sizes = figure.width.sizes
    func place(_ text: String, size: Double, isBold: Bool, _ colour: Colour, near anchors: [Pixel])
    {
      let width = textWidth(text, em: em(size) * (isBold ? 1.15 : 1))
      let height = 1.1 * em(size)
      let (center, anchor) = layout.place(width: width, height: height, near: anchors)
      figure.overlay.texts.append(
        .init(
          text: text, at: center, size: size, colour: colour.forText, anchor: .center,
          isBold: isBold))
      let box = Box(center: center, width: width, height: height)
      if let leader = LabelLayout.leader(from: box, to: anchor) {
        figure.overlay.lines.append(
          .init(from: leader.from, to: leader.to, colour: .leader, panel: panel))
      }
    }
    for (index, name) in series.enumerated() where !hasNamedLegend {
      let anchors = marks.filter { $0.series == index }.map(\.pixel)
      if anchors.isEmpty { continue }
      place(name, size: sizes.name, isBold: true, styles[index].colour, near: anchors)
    }
    // Marks of one line, or of one series and size, with one label share a text.
    for mark in marks where !mark.point.label.isEmpty && !isNamedByLegend(mark) {
      let alike = marks.filter { other in
        other.series == mark.series && other.point.label == mark.point.label
          && (other.point.capacity == mark.point.capacity
            || !mark.point.line.isEmpty && other.lineKey == mark.lineKey)
      }
      guard alike[0].pixel == mark.pixel else { continue }
      place(
        mark.point.label, size: sizes.label, isBold: false, mark.style.colour,
        near: alike.map(\.pixel))
    }
  }

  /// A series of one model that the legend names needs no label.
  private func isNamedByLegend(_ mark: Mark) -> Bool {
    hasNamedLegend && figure.frames.count == 1
      && marks.count { $0.series == mark.series && !$0.point.isPublished } == 1
  }
}
