/// How wide a picture is: for a screen, or for a column or the page of a printed paper.
public enum PictureWidth: String, CaseIterable, Sendable {
  case screen, column, page

  /// The width in units. Layouts count in units; on a screen a unit is a pixel.
  package var units: Double {
    switch self {
    case .screen: 1400
    case .page: 1120
    case .column: 540
    }
  }

  /// The height of a picture with one row of panels.
  package var height: Double {
    switch self {
    case .screen: 900
    case .page: 740
    case .column: 590
    }
  }

  /// The most height that a page of paper has room for, 235 mm; a screen scrolls.
  var mostHeight: Double { millimetres.map { 235 * units / $0 } ?? .infinity }

  /// On paper; nil on a screen, where it is as wide as its pixels.
  package var millimetres: Double? {
    switch self {
    case .screen: nil
    case .page: 178
    case .column: 85
    }
  }

  /// The size of texts in points of the layout: on paper, 12 points of the layout are 7 points.
  var sizes: TextSizes {
    switch self {
    case .screen:
      TextSizes(
        title: 22, subtitle: 15, legend: 14, axis: 15, tics: 15, name: 17, label: 13, note: 12)
    case .page, .column:
      TextSizes(
        title: 16, subtitle: 12.5, legend: 12.5, axis: 13, tics: 12.5, name: 14, label: 12,
        note: 11.5)
    }
  }

  /// The size of marks, relative to those on a screen.
  var markScale: Double { self == .screen ? 1 : 0.75 }

  /// The margins of the panels, in units.
  var left: Double { self == .screen ? 118 : 92 }
  var right: Double { self == .screen ? 34 : 16 }
  /// Where titles, legend and notes begin.
  var textLeft: Double { self == .column ? 12 : left }
  /// The height of a panel where there are several rows of them.
  var panelHeight: Double {
    switch self {
    case .screen: 330
    case .page: 260
    case .column: 230
    }
  }
}

/// In points.
struct TextSizes: Sendable {
  let title, subtitle, legend, axis, tics, name, label, note: Double
}

/// The size of a text in units.
func em(_ points: Double) -> Double { points * 4 / 3 }
