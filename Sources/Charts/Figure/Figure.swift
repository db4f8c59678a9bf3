import Foundation

/// A picture's parts around its data: title, legend, panels, axes' titles and notes. All sizes are in units.
struct Figure {
  struct Texts {
    var title: String
    var subtitle: String
    var x: String
    var y: String
    var notes: [String] = []
    var legend: [LegendEntry] = []
  }

  let width: PictureWidth
  let height: Double
  /// The plotting area of each panel.
  let frames: [Box]
  var overlay = Overlay()
  private(set) var panels: [PanelAxes?]
  private let columns: Int
  private let sharesY: Bool

  /// - Parameters:
  ///   - names: the panels' names; a single panel may have an empty one.
  ///   - leastWidth: a panel is at least so wide, if the picture is; others go to the next row.
  ///   - sharesY: whether the panels of a row have one accuracy axis, with numbers at the first.
  ///   - ticRows: lines of text below a panel that its x axis needs.
  ///   - beside: room at the right of each panel, for labels.
  init(
    _ texts: Texts, width: PictureWidth, panels names: [String] = [""], leastWidth: Double = 300,
    beside: Double = 0, right: Double? = nil, sharesY: Bool = true, ticRows: Int = 1
  ) {
    let sizes = width.sizes
    let textRight = width.units - width.right
    let textSpan = textRight - width.textLeft
    // A little smaller where that saves a line.
    func fitted(_ text: String, size: Double, most: Int) -> (lines: [String], size: Double) {
      let usual = wrapped(text, to: textSpan, size: size, most: most)
      let smaller = wrapped(text, to: textSpan, size: 0.87 * size, most: most)
      return smaller.count < usual.count ? (smaller, 0.87 * size) : (usual, size)
    }
    let titles = wrapped(
      texts.title, to: textSpan, size: sizes.title * 1.1, most: width == .column ? 4 : 2)
    let (subtitles, subtitleSize) = fitted(
      texts.subtitle, size: sizes.subtitle, most: width == .column ? 6 : 3)
    let note = texts.notes.filter { !$0.isEmpty }.joined(separator: " ")
    let notes = wrapped(note, to: textSpan, size: sizes.note, most: width == .column ? 8 : 4)
    let (titleRow, subtitleRow) = (em(sizes.title) * 1.3, em(sizes.subtitle) * 1.4)
    let noteRow = em(sizes.note) * 1.35

    // Downwards from the top edge, which is 0 until the height is known.
    var top = -14.0
    func place(_ lines: [String], _ row: Double, _ text: (String, Pixel) -> Overlay.Text)
      -> [Overlay.Text]
    {
      lines.map { line in
        top -= row
        return text(line, Pixel(width.textLeft, top + row / 2))
      }
    }
    var overlay = Overlay()
    overlay.texts += place(titles, titleRow) {
      .init(text: $0, at: $1, size: sizes.title, isBold: true)
    }
    overlay.texts += place(subtitles, subtitleRow) {
      .init(text: $0, at: $1, size: subtitleSize, colour: .quiet)
    }
    if !texts.legend.isEmpty { top -= 6 }
    top = LegendEntry.draw(
      texts.legend, into: &overlay, left: width.textLeft, right: textRight, top: top,
      size: sizes.legend)

    let area = (left: width.left, right: right ?? textRight)
    let across = area.right - area.left
    let gap = sharesY ? 34.0 : width.left
    let columns = min(names.count, max(1, Int((across + gap) / (leastWidth + beside + gap))))
    self.columns = columns
    self.sharesY = sharesY
    let rows = (names.count + columns - 1) / columns
    let nameRoom = names.contains { !$0.isEmpty } ? em(sizes.name) * 1.7 : 12
    let axisRoom = em(sizes.axis) * 1.4
    let bottom = 12 + noteRow * Double(notes.count) + axisRoom + 8
    // Under a panel are the numbers of its axis.
    let perRow = nameRoom + 26 + 1.1 * Double(ticRows) * em(sizes.tics) + (rows > 1 ? 12 : 0)
    // Rows of panels become lower where the picture would be higher than a page.
    let room = (width.mostHeight + top - bottom) / Double(rows) - perRow
    let plot =
      rows == 1
      ? max(width.height + top - bottom - perRow, width.panelHeight)
      : min(width.panelHeight, max(room, 130))
    let height = (-top + Double(rows) * (perRow + plot) + bottom).rounded()

    let cell = (across - gap * Double(columns - 1)) / Double(columns)
    frames = names.indices.map { index in
      let (row, column) = (Double(index / columns), Double(index % columns))
      let left = area.left + column * (cell + gap)
      let upper = height + top - row * (perRow + plot) - nameRoom
      return Box(left: left, bottom: upper - plot, right: left + cell - beside, top: upper)
    }
    overlay.move(by: height)
    for (name, frame) in zip(names, frames) where !name.isEmpty {
      overlay.texts.append(
        .init(
          text: shortened(name, to: cell, size: sizes.name * 1.08),
          at: Pixel(frame.left, frame.top + nameRoom / 2 - 2), size: sizes.name, isBold: true))
    }
    for (index, line) in notes.reversed().enumerated() {
      overlay.texts.append(
        .init(
          text: line, at: Pixel(width.textLeft, 12 + noteRow * (Double(index) + 0.5)),
          size: sizes.note, colour: .quiet))
    }
    let plotted = (top: frames[0].top, bottom: frames.map(\.bottom).min()!)
    overlay.texts.append(
      .init(
        text: shortened(texts.x, to: width.units - 20, size: sizes.axis),
        at: Pixel(
          max(
            (area.left + area.right - beside) / 2, textWidth(texts.x, em: em(sizes.axis)) / 2 + 10),
          12 + noteRow * Double(notes.count) + axisRoom / 2), size: sizes.axis, anchor: .center))
    if !texts.y.isEmpty {
      overlay.texts.append(
        .init(
          text: shortened(texts.y, to: height - 20, size: sizes.axis),
          at: Pixel(
            em(sizes.axis) * 0.8,
            max(
              (plotted.top + plotted.bottom) / 2, textWidth(texts.y, em: em(sizes.axis)) / 2 + 6)),
          size: sizes.axis, anchor: .up))
    }
    self.overlay = overlay
    self.width = width
    self.height = height
    panels = Array(repeating: nil, count: names.count)
  }

  /// Where panels end that have a bar of colours on their right.
  static func endBesideColours(_ width: PictureWidth) -> Double {
    width.units - (width == .column ? 100 : 161)
  }

  /// Writes what the colours mean beside the bar of colours of the first panel.
  mutating func nameColours(_ text: String) {
    let frame = frames[0]
    overlay.texts.append(
      .init(
        text: text,
        at: Pixel(width.units - (width == .column ? 14 : 26), (frame.top + frame.bottom) / 2),
        size: width.sizes.axis, anchor: .up))
  }

  /// Sets a panel's axes.
  mutating func setAxes(_ axes: PanelAxes, ofPanel index: Int) {
    var axes = axes
    // gnuplot's list of tics, without the texts.
    if sharesY, index % columns > 0 { axes.y.tics.replace(#/"[^"]*"/#, with: "\"\"") }
    panels[index] = axes
  }

  var variables: [String: GnuplotValue] {
    var variables = overlay.variables(width: width.units, height: height)
    variables["panel_count"] = .number(Double(frames.count))
    variables["tic_size"] = .number(width.sizes.tics)
    variables["label_size"] = .number(width.sizes.label)
    for (index, (frame, axes)) in zip(frames, panels).enumerated() {
      let edges = [
        "left": frame.left / width.units, "right": frame.right / width.units,
        "bottom": frame.bottom / height, "top": frame.top / height,
      ]
      for (edge, share) in edges { variables["panel_\(edge)_\(index + 1)"] = .number(share) }
      for (name, value) in axes?.variables ?? [:] { variables["\(name)_\(index + 1)"] = value }
    }
    return variables
  }
}

/// The axes of a panel: ranges, and where the tics are.
struct PanelAxes {
  struct Axis {
    var range: ClosedRange<Double>
    var isLogarithmic = false
    /// gnuplot's list of tics.
    var tics: String

    func share(_ value: Double) -> Double {
      let (low, high) = (range.lowerBound, range.upperBound)
      return isLogarithmic
        ? log(value / low) / log(high / low) : (value - low) / (high - low)
    }

    func value(_ share: Double) -> Double {
      let (low, high) = (range.lowerBound, range.upperBound)
      return isLogarithmic ? low * pow(high / low, share) : low + share * (high - low)
    }
  }

  var frame: Box
  var x, y: Axis

  func pixel(_ x: Double, _ y: Double) -> Pixel {
    Pixel(
      frame.left + self.x.share(x) * (frame.right - frame.left),
      frame.bottom + self.y.share(y) * (frame.top - frame.bottom))
  }

  func x(_ pixel: Pixel) -> Double {
    x.value((pixel.x - frame.left) / (frame.right - frame.left))
  }

  var variables: [String: GnuplotValue] {
    [
      "x_low": .number(x.range.lowerBound), "x_high": .number(x.range.upperBound),
      "y_low": .number(y.range.lowerBound), "y_high": .number(y.range.upperBound),
      "x_log": .number(x.isLogarithmic ? 1 : 0), "y_log": .number(y.isLogarithmic ? 1 : 0),
      "x_tics": .text(x.tics), "y_tics": .text(y.tics),
    ]
  }
}

extension Overlay {
  /// Moves everything up.
  fileprivate mutating func move(by height: Double) {
    for index in texts.indices { texts[index].at.y += height }
    for index in lines.indices {
      lines[index].from.y += height
      lines[index].to.y += height
    }
    for index in dots.indices { dots[index].at.y += height }
    for index in patches.indices {
      patches[index].box.bottom += height
      patches[index].box.top += height
    }
  }
}
