import CGnuplot
import Foundation
import Support

/// A table that a gnuplot script reads as `$NAME`: one row on each line, tabs between columns.
public struct DataBlock: Hashable, Sendable {
  /// Without the `$`.
  public let name: String
  public let rows: [[String]]

  public init(_ name: String, rows: [[String]]) {
    precondition(isIdentifier(name), "\(name) is not a gnuplot name")
    self.name = name
    self.rows = rows
  }

  /// The tables of lines with marks: `lines`, in which an empty row ends a line, and `marks`.
  static func curves(_ curves: [[[String]]]) -> [DataBlock] {
    [
      DataBlock("lines", rows: curves.flatMap { $0 + [[]] }),
      DataBlock("marks", rows: curves.flatMap { $0 }),
    ]
  }

  /// gnuplot's here-document. Characters that would end a cell, a row or a quotation are replaced.
  package var commands: String {
    let end = "END_OF_\(name.uppercased())"
    let lines = rows.map { row in
      row.map { cell in
        let line = oneLine(cell)
        return line.utf8.contains(UInt8(ascii: "\"")) ? line.replacing("\"", with: "”") : line
      }.joined(separator: "\t") + "\n"
    }
    return "$\(name) << \(end)\n\(lines.joined())\(end)\n"
  }
}

/// The value of a gnuplot variable.
public enum GnuplotValue: Hashable, Sendable {
  /// Control characters and unusual spaces become plain spaces.
  case text(String)
  /// Every byte stays.
  case path(String)
  case number(Double)

  fileprivate var expression: String {
    switch self {
    case .text(let text): quoted(text)
    case .path(let path): quotedPath(path)
    case .number(let number): number.isNaN ? "NaN" : "\(number)"
    }
  }
}

/// Runs gnuplot scripts and reports failures as errors.
public struct Gnuplot: Sendable {
  /// The program, which is looked up in the PATH.
  public let program: String
  /// After these it is ended. A chart takes less than a second; fonts may take some more the first time.
  let seconds: Double

  public init(program: String = "gnuplot") { self.init(program: program, seconds: 120) }

  package init(program: String, seconds: Double) {
    (self.program, self.seconds) = (program, seconds)
  }

  /// Runs a script file, which can read the variables and, as `$NAME`, the blocks.
  ///
  /// - Returns: gnuplot's warnings.
  /// - Throws: `GnuplotError`; a syntax error has gnuplot's own line number and caret.
  @discardableResult
  public func run(
    script: URL, variables: [String: GnuplotValue] = [:], blocks: [DataBlock] = []
  ) throws(GnuplotError) -> String {
    let assignments = variables.sorted { $0.key < $1.key }.map { name, value in
      precondition(isIdentifier(name), "\(name) is not a gnuplot name")
      return "\(name) = \(value.expression)\n"
    }
    return try run(
      commands: blocks.map(\.commands).joined() + assignments.joined()
        + "load \(quotedPath(script.path))\n")
  }

  package func run(commands: String) throws(GnuplotError) -> String {
    var commands = commands
    var report = commands.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        gnuplot_run(program, $0.baseAddress, $0.count, seconds)
      }
    }
    defer { gnuplot_report_release(&report) }
    let messages = report.messages.map { String(cString: $0) } ?? ""
    switch report.ending {
    case gnuplot_finished: return messages
    case gnuplot_not_found: throw .notFound(program: program)
    case gnuplot_killed: throw .killed(signal: Int(report.code), messages: messages)
    case gnuplot_out_of_time: throw .outOfTime(seconds: seconds, messages: messages)
    case gnuplot_failed: throw .failed(status: Int(report.code), messages: messages)
    default: throw .notStarted(program: program, reason: String(cString: strerror(report.code)))
    }
  }
}

/// Why gnuplot drew nothing.
public enum GnuplotError: Error, Hashable, Sendable, CustomStringConvertible {
  case notFound(program: String)
  case notStarted(program: String, reason: String)
  /// It stopped with an error; `messages` is what it printed.
  case failed(status: Int, messages: String)
  case killed(signal: Int, messages: String)
  case outOfTime(seconds: Double, messages: String)

  public var description: String {
    switch self {
    case .notFound(let program):
      "\(program) was not found on the PATH; on Debian: apt-get install gnuplot-nox"
    case .notStarted(let program, let reason):
      "\(program) could not be started: \(reason)"
    case .failed(0, let messages):
      "gnuplot stopped before it had read everything" + indented(messages)
    case .failed(let status, let messages):
      "gnuplot failed with exit status \(status)" + indented(messages)
    case .killed(let signal, let messages):
      "gnuplot was ended by signal \(signal) (\(String(cString: strsignal(Int32(signal)))))"
        + indented(messages)
    case .outOfTime(let seconds, let messages):
      "gnuplot did not end within \(significant(seconds, 3)) s and was ended" + indented(messages)
    }
  }

  private func indented(_ messages: String) -> String {
    let lines = messages.split(separator: "\n").map { "\n  \($0)" }
    return lines.isEmpty ? "" : ":" + lines.joined()
  }
}

private func isIdentifier(_ name: String) -> Bool {
  name.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]*/) != nil
}

/// The text in single quotes, in which gnuplot expands neither escapes nor backquoted commands. Its own apostrophes are
/// escapes in double quotes between the others: two of them in single quotes are an apostrophe for gnuplot only in some
/// places, not at the start, nor where there are four.
private func quoted(_ text: String) -> String {
  "'\(oneLine(text).replacing("'", with: "'.\"\\047\".'"))'"
}

/// The path in double quotes, with an octal escape for every byte that could mean something to gnuplot there, such as a
/// backquote, or end the line. gnuplot takes a fourth digit as a part of an escape, so digits behind one are escaped, too.
private func quotedPath(_ path: String) -> String {
  var (text, isEscaped) = ("", false)
  for byte in path.utf8 {
    let scalar = Unicode.Scalar(byte)
    let isDigit = "0123456789".unicodeScalars.contains(scalar)
    let isPlain =
      byte < 128
      && (scalar.properties.isAlphabetic || "/._-".unicodeScalars.contains(scalar)
        || isDigit && !isEscaped)
    let digits = String(byte, radix: 8)
    text +=
      isPlain
      ? String(scalar) : "\\" + String(repeating: "0", count: 3 - digits.count) + digits
    isEscaped = !isPlain
  }
  return "\"\(text)\""
}

/// The text with spaces for control characters: they would end a line or a cell, or XML forbids them.
private func oneLine(_ text: String) -> String {
  // Most texts are numbers.
  if text.utf8.allSatisfy({ (32..<127).contains($0) }) { return text }
  let scalars = text.unicodeScalars.map { scalar in
    scalar.isControl || scalar.properties.isWhitespace ? " " : scalar
  }
  return String(String.UnicodeScalarView(scalars))
}
