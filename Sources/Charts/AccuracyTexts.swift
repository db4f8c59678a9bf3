import Foundation

/// Finds positions for the names of series and the labels of marks.
extension AccuracyLayout {
  mutating func layOutTexts() {
    var layout = LabelLayout(frame: area.frame)
    for mark in marks {
      layout.avoid(
        Box(center: mark.pixel, width: Self.markSize + 4, height: Self.markSize + 4))
      layout.avoid(
        Box(
          left: mark.pixel.x - 4, bottom: mark.low - 2, right: mark.pixel.x + 4,
          top: mark.high + 2))
    }
    for (mark, next) in zip(marks, marks.dropFirst()) where mark.lineKey == next.lineKey {
      layout.avoidLine(from: mark.pixel, to: next.pixel)
    }
    for (accuracy, text) in zip(baselines.accuracies, baselines.texts) {
      let end = area.pixel(capacity: area.sizes.upperBound, accuracy: accuracy)
      layout.avoidLine(from: Pixel(area.frame.left, end.y), to: end)
      let width = textWidth(text, em: 16)
      layout.avoid(
        Box(left: end.x - width - 12, bottom: end.y, right: end.x, top: end.y + 24),
        costPerArea: 12)
    }
    // The vertical line at attention's state, if the axis shows it.
    if area.octaves.contains(0) {
      layout.avoidLine(
        from: area.pixel(capacity: 1, accuracy: 0), to: area.pixel(capacity: 1, accuracy: 1))
    }

    func text(
      _ series: Int, _ text: String, em: Double, near anchors: [Pixel]
    ) -> Text {
      let size = (width: textWidth(text, em: em), height: 1.1 * em)
      let (center, anchor) = layout.place(
        width: size.width, height: size.height, near: anchors)
      return Text(series: series, text: text, center: center, size: size, anchor: anchor)
    }
    for (index, name) in series.enumerated() where legend == nil {
      let anchors = marks.filter { $0.series == index + 1 }.map(\.pixel)
      names.append(text(index + 1, name, em: Self.nameSize, near: anchors))
    }
    // Marks of one series (in an overlay, of all series) with one label and size share a text.
    for mark in marks {
      let point = mark.point
      func sharesText(_ other: Mark) -> Bool {
        (other.point.label, other.point.capacity) == (point.label, point.capacity)
          && (legend != nil || other.series == mark.series)
      }
      let anchors = marks.filter(sharesText).map(\.pixel)
      if point.label.isEmpty || anchors[0] != mark.pixel { continue }
      let series = legend == nil ? mark.series : 0
      labels.append(text(series, point.label, em: Self.labelSize, near: anchors))
    }
  }

  /// In pixels: 13 and 17 points in the script; names are bold and so a tenth wider.
  private static let labelSize = 17.4
  private static let nameSize = 25.0
}
