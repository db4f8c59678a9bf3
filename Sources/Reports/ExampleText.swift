import RecallTasks
import Support

/// An example as text for a terminal: rows of tokens, with their roles and labels below.
///
/// Rows without a key, a value or a query are counted instead of drawn.
public struct ExampleText {
  private let example: Example
  private let roles: [TokenRole]
  /// The width of a line, in characters.
  private let columns: Int
  private let colours: Bool
  private let positionWidth: Int
  private let cellWidth: Int

  public init(_ example: Example, of task: any RecallTask, columns: Int, colours: Bool) {
    self.example = example
    roles = task.roles(of: example)
    self.columns = columns
    self.colours = colours
    positionWidth = "\(example.inputs.count)".count
    let tokens = example.inputs + example.labels.filter { $0 != ignoreIndex }
    cellWidth = tokens.map { "\($0)".count }.max() ?? 1
  }

  /// What the marks and colours mean.
  public static func legend(colours: Bool) -> String {
    let names: [(TokenRole, String)] = [
      (.key, "key"), (.value, "value"), (.query, "query"),
      (.other, "other (filler, markers, noise)"),
    ]
    let marks = names.map { painted("\($0.rawValue) \($1)", $0.colour, colours) }
    return marks.joined(separator: "  ") + "; "
      + painted("labels: the answer to the query above", labelColour, colours)
  }

  public var lines: [String] {
    let starts = Array(stride(from: 0, to: example.inputs.count, by: tokensOfARow))
    var lines: [String] = []
    var hidden = 0
    for start in starts {
      let positions = start..<min(start + tokensOfARow, example.inputs.count)
      if positions.allSatisfy({ roles[$0] == .other }) {
        hidden += positions.count
        continue
      }
      if hidden > 0 { lines.append(hiddenLine(hidden, before: start)) }
      hidden = 0
      lines += row(positions)
    }
    return hidden > 0 ? lines + [hiddenLine(hidden, before: example.inputs.count)] : lines
  }

  private static let labelColour = "1;35"

  /// An even number, so that pairs stay together; a multiple of 8 if the line is long enough.
  private var tokensOfARow: Int {
    let room = max(2, (columns - positionWidth - "  labels ".count) / (cellWidth + 1))
    return room >= 8 ? room / 8 * 8 : room / 2 * 2
  }

  private func row(_ positions: Range<Int>) -> [String] {
    let labelled = positions.contains { example.labels[$0] != ignoreIndex }
    let inputs = positions.map { (text: "\(example.inputs[$0])", colour: roles[$0].colour) }
    let marks = positions.map { (text: "\(roles[$0].rawValue)", colour: roles[$0].colour) }
    let labels = positions.map {
      (
        text: example.labels[$0] == ignoreIndex ? "" : "\(example.labels[$0])",
        colour: Self.labelColour
      )
    }
    return [
      line("\(positions.lowerBound)", "inputs", inputs), line("", "roles ", marks),
    ] + (labelled ? [line("", "labels", labels)] : [])
  }

  private func line(_ position: String, _ name: String, _ cells: [(text: String, colour: String)])
    -> String
  {
    let head = position.atRight(of: positionWidth) + "  " + name
    let values = cells.map {
      " " + Self.painted($0.text.atRight(of: cellWidth), $0.colour, colours)
    }
    return (head + values.joined()).withoutSpacesAtEnd
  }

  private func hiddenLine(_ count: Int, before end: Int) -> String {
    "\("\(end - count)".atRight(of: positionWidth))  … \(count) other tokens"
  }

  private static func painted(_ text: String, _ colour: String, _ colours: Bool) -> String {
    guard colours, text.contains(where: { $0 != " " }) else { return text }
    return "\u{1b}[\(colour)m\(text)\u{1b}[0m"
  }
}

extension TokenRole {
  /// The terminal code of its colour: cyan, green, yellow, and faint for the rest.
  fileprivate var colour: String {
    switch self {
    case .key: "36"
    case .value: "32"
    case .query: "1;33"
    case .other: "2"
    }
  }
}
