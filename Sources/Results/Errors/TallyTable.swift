/// A number of answers, and how many of them are right.
package struct Tally: Hashable, Sendable {
  package private(set) var answers = 0
  package private(set) var right = 0

  package init() {}

  package mutating func add(_ isRight: Bool) {
    answers += 1
    right += isRight ? 1 : 0
  }

  package mutating func add(_ other: Tally) {
    answers += other.answers
    right += other.right
  }

  package var accuracy: Double { Double(right) / Double(answers) }
}

/// Answers by a whole number, in at most 16 ranges of equal width. The first and last range are not empty.
package struct TallyTable: Sendable {
  package struct Row: Sendable {
    package let range: Range<Int>
    package var tally = Tally()
  }

  private static let mostRows = 16
  package private(set) var rows: [Row] = []

  /// - Parameters:
  ///   - tallies: answers by number, in multiples of `unit`.
  ///   - unit: the smallest width of a range.
  init(_ tallies: [(number: Int, tally: Tally)], unit: Int) {
    guard let least = tallies.map(\.number).min(), let most = tallies.map(\.number).max() else {
      return
    }
    // If only every second number can occur, as for the positions of MQAR's values, a range has width 2.
    var width = max(1, tallies.reduce(0) { greatestCommonDivisor($0, $1.number - least) })
    while most / width - least / width >= Self.mostRows { width *= 2 }
    rows = (least / width...most / width).map {
      Row(range: $0 * width * unit..<($0 + 1) * width * unit)
    }
    for (number, tally) in tallies { rows[number / width - least / width].tally.add(tally) }
  }

  /// The index of the row with a number.
  func row(of number: Int) -> Int {
    (number - rows[0].range.lowerBound) / rows[0].range.count
  }
}

private func greatestCommonDivisor(_ first: Int, _ second: Int) -> Int {
  second == 0 ? first : greatestCommonDivisor(second, first % second)
}
