import Support

/// An example for a person at a terminal: tokens in rows, under them the marks of their roles and the labels.
///
/// Rows without key, value and query are not drawn but counted.
public struct ExampleText {
  private let example: Example
  private let roles: [TokenRole]
  /// Characters of a line.
  private let columns: Int
  private let colours: Bool
  private let placeWidth: Int
  private let cellWidth: Int

  public init(_ example: Example, of task: any RecallTask, columns: Int, colours: Bool) {
    self.example = example
    roles = task.roles(of: example)
    self.columns = columns
    self.colours = colours
    placeWidth = "\(example.inputs.count)".count
    let tokens = example.inputs + example.labels.filter { $0 != unlabelled }
    cellWidth = tokens.map { "\($0)".count }.max() ?? 1
  }

  /// What marks and colours mean.
  public static func legend(colours: Bool) -> String {
    let words: [(TokenRole, String)] = [
      (.key, "key"), (.value, "value"), (.query, "query"),
      (.other, "other (filler, markers, noise)"),
    ]
    let marks = words.map { painted("\($0.rawValue) \($1)", $0.colour, colours) }
    return marks.joined(separator: "  ") + "; "
      + painted("labels: the answer to the query above", labelColour, colours)
  }

  public var lines: [String] {
    let starts = Array(stride(from: 0, to: example.inputs.count, by: tokensOfARow))
    var lines: [String] = []
    var hidden = 0
    for start in starts {
      let places = start..<min(start + tokensOfARow, example.inputs.count)
      if places.allSatisfy({ roles[$0] == .other }) {
        hidden += places.count
        continue
      }
      if hidden > 0 { lines.append(hiddenLine(hidden, before: start)) }
      hidden = 0
      lines += row(places)
    }
    return hidden > 0 ? lines + [hiddenLine(hidden, before: example.inputs.count)] : lines
  }

  private static let labelColour = "1;35"

  /// Even, as pairs are to stay together; a multiple of 8 where there is room.
  private var tokensOfARow: Int {
    let room = max(2, (columns - placeWidth - "  labels ".count) / (cellWidth + 1))
    return room >= 8 ? room / 8 * 8 : room / 2 * 2
  }

  private func row(_ places: Range<Int>) -> [String] {
    let labelled = places.contains { example.labels[$0] != unlabelled }
    let inputs = places.map { (text: "\(example.inputs[$0])", colour: roles[$0].colour) }
    let marks = places.map { (text: "\(roles[$0].rawValue)", colour: roles[$0].colour) }
    let labels = places.map {
      (
        text: example.labels[$0] == unlabelled ? "" : "\(example.labels[$0])",
        colour: Self.labelColour
      )
    }
    return [
      line("\(places.lowerBound)", "inputs", inputs), line("", "roles ", marks),
    ] + (labelled ? [line("", "labels", labels)] : [])
  }

  private func line(_ place: String, _ name: String, _ cells: [(text: String, colour: String)])
    -> String
  {
    let head = place.atRight(of: placeWidth) + "  " + name
    let tail = cells.map { " " + Self.painted($0.text.atRight(of: cellWidth), $0.colour, colours) }
    return (head + tail.joined()).withoutSpacesAtEnd
  }

  private func hiddenLine(_ count: Int, before end: Int) -> String {
    "\("\(end - count)".atRight(of: placeWidth))  … \(count) other tokens"
  }

  private static func painted(_ text: String, _ colour: String, _ colours: Bool) -> String {
    guard colours, text.contains(where: { $0 != " " }) else { return text }
    return "\u{1b}[\(colour)m\(text)\u{1b}[0m"
  }
}

extension TokenRole {
  /// The terminal's code: cyan, green, yellow, and faint for the rest.
  fileprivate var colour: String {
    switch self {
    case .key: "36"
    case .value: "32"
    case .query: "1;33"
    case .other: "2"
    }
  }
}
