import Foundation

/// A rectangle in pixels; y grows upward.
package struct Box: Hashable, Sendable {
  package var left, bottom, right, top: Double

  package init(left: Double, bottom: Double, right: Double, top: Double) {
    (self.left, self.bottom, self.right, self.top) = (left, bottom, right, top)
  }

  package init(center: Pixel, width: Double, height: Double) {
    self.init(
      left: center.x - width / 2, bottom: center.y - height / 2, right: center.x + width / 2,
      top: center.y + height / 2)
  }

  var center: Pixel { Pixel((left + right) / 2, (bottom + top) / 2) }

  package func overlap(_ other: Box) -> Double {
    max(0, min(right, other.right) - max(left, other.left))
      * max(0, min(top, other.top) - max(bottom, other.bottom))
  }

  /// The part of its area that lies outside `frame`.
  func excess(over frame: Box) -> Double {
    (right - left) * (top - bottom) - overlap(frame)
  }
}

package struct Pixel: Hashable, Sendable {
  package var x, y: Double

  package init(_ x: Double, _ y: Double) {
    (self.x, self.y) = (x, y)
  }
}

/// The width of a text in DejaVu Sans, in pixels; `em` is the font's size in pixels.
package func textWidth(_ text: String, em: Double) -> Double {
  text.reduce(0) { width, letter in
    let share =
      switch letter {
      case _ where letter.isWide: 1.0
      case _ where " .,:;!|'()[]iljI".contains(letter): 0.34
      case _ where "ftr-/".contains(letter): 0.4
      case _ where "mwMW%@=+<>_".contains(letter): 0.9
      case _ where letter.isUppercase: 0.7
      case _ where letter.isWide: 1.05
      default: 0.62
      }
    return width + share * em
  }
}

extension Character {
  /// Whether it is as wide as high: Chinese, Japanese and Korean letters, and pictures.
  var isWide: Bool {
    guard let scalar = unicodeScalars.first?.value else { return false }
    return [
      0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE4F,
      0xFF00...0xFF60, 0x1F300...0x1FAFF, 0x20000...0x3FFFD,
    ].contains { $0.contains(scalar) }
  }
}

/// Finds a position for each text near the mark that it names, away from marks, lines and other texts.
///
/// Each text in turn takes the cheapest of several positions around its anchors; then each is moved again, now that the
/// others have theirs, until none moves. A position costs the area of what the text and its leader cover, most for covered
/// text, and a little for its distance.
package struct LabelLayout: Sendable {
  /// A text to be placed near one of its anchors.
  package struct Label: Sendable {
    let width: Double, height: Double
    let anchors: [Pixel]

    package init(width: Double, height: Double, anchors: [Pixel]) {
      precondition(!anchors.isEmpty, "a text needs at least one anchor")
      (self.width, self.height, self.anchors) = (width, height, anchors)
    }
  }

  private let frame: Box
  private var obstacles: [Obstacle] = []

  private struct Obstacle: Sendable {
    let box: Box
    let costPerArea: Double
    /// Marks cost most of what is not a text.
    var isMark: Bool { costPerArea >= 10 }
  }

  package init(frame: Box) {
    self.frame = frame
  }

  package mutating func avoid(_ box: Box, costPerArea: Double = 4) {
    obstacles.append(Obstacle(box: box, costPerArea: costPerArea))
  }

  package mutating func avoidLine(from start: Pixel, to end: Pixel) {
    obstacles += Self.line(from: start, to: end, costPerArea: 3)
  }

  /// A row of boxes so close to each other that they cover all of the line.
  private static func line(
    from start: Pixel, to end: Pixel, costPerArea: Double
  ) -> [Obstacle] {
    let steps = max(1, Int(max(abs(end.x - start.x), abs(end.y - start.y)) / 6))
    return (0...steps).map { step in
      let share = Double(step) / Double(steps)
      let center = Pixel(
        start.x + share * (end.x - start.x), start.y + share * (end.y - start.y))
      return Obstacle(box: Box(center: center, width: 6, height: 6), costPerArea: costPerArea)
    }
  }

  /// The texts' centers, and the anchors that they belong to.
  package func arrange(_ labels: [Label]) -> [(center: Pixel, anchor: Pixel)] {
    var places: [(center: Pixel, anchor: Pixel)] = []
    for label in labels { places.append(place(label, beside: taken(labels, places, but: nil))) }
    for _ in 0..<6 {
      let before = places.map(\.center)
      for (index, label) in labels.enumerated() {
        places[index] = place(label, beside: taken(labels, places, but: index))
      }
      if before == places.map(\.center) { break }
    }
    return places
  }

  /// The texts that found no room where they can be read: they cover a part of a mark or of a text that stays, or several
  /// lines, or their leader is long or runs through a text or another mark, or another mark is nearer. Of two such texts the
  /// one that comes first stays.
  package func unreadable(
    _ labels: [Label], at places: [(center: Pixel, anchor: Pixel)]
  ) -> Set<Int> {
    var left: Set<Int> = []
    var kept: [Box] = []
    for (index, (label, place)) in zip(labels, places).enumerated() {
      let box = Box(center: place.center, width: label.width, height: label.height)
      var covered = kept.reduce(box.excess(over: frame)) { $0 + $1.overlap(box) }
      // A line that is crossed counts half of what a mark counts.
      covered += obstacles.reduce(0) { sum, other in
        sum + (other.isMark ? 1 : 0.5) * other.box.overlap(box)
      }
      if seemsAnothers(box, label, place.anchor) { covered = .infinity }
      if let leader = Self.leader(from: box, to: place.anchor) {
        let length = hypot(leader.from.x - leader.to.x, leader.from.y - leader.to.y)
        if length > 3 * label.height { covered += .infinity }
        let others = marks(without: label)
        for spot in Self.line(from: leader.from, to: leader.to, costPerArea: 1) {
          covered += kept.reduce(0) { $0 + $1.overlap(spot.box) }
          let end = spot.box.center
          let isFar = hypot(end.x - place.anchor.x, end.y - place.anchor.y) > 16
          if isFar, others.contains(where: { $0.overlap(spot.box) > 0 }) { covered = .infinity }
        }
      }
      if covered > 0.08 * label.width * label.height {
        left.insert(index)
      } else {
        kept.append(box)
      }
    }
    return left
  }

  /// The marks that are not the label's own.
  private func marks(without label: Label) -> [Box] {
    obstacles.filter(\.isMark).map(\.box).filter { box in
      !label.anchors.contains { hypot($0.x - box.center.x, $0.y - box.center.y) < 1 }
    }
  }

  /// Whether a text without a leader is nearer to another mark than to its own.
  private func seemsAnothers(_ box: Box, _ label: Label, _ anchor: Pixel) -> Bool {
    guard Self.leader(from: box, to: anchor) == nil else { return false }
    func distance(_ pixel: Pixel) -> Double {
      hypot(
        max(0, box.left - pixel.x, pixel.x - box.right),
        max(0, box.bottom - pixel.y, pixel.y - box.top))
    }
    return marks(without: label).contains { distance($0.center) < distance(anchor) - 2 }
  }

  /// What other texts and their leaders cover.
  private func taken(
    _ labels: [Label], _ places: [(center: Pixel, anchor: Pixel)], but own: Int?
  ) -> [Obstacle] {
    places.enumerated().filter { $0.offset != own }.flatMap { index, place -> [Obstacle] in
      let label = labels[index]
      let box = Box(center: place.center, width: label.width, height: label.height)
      let around = Box(center: place.center, width: label.width + 8, height: label.height + 4)
      let leader = Self.leader(from: box, to: place.anchor)
        .map { Self.line(from: $0.from, to: $0.to, costPerArea: 4) }
      return [Obstacle(box: around, costPerArea: 12)] + (leader ?? [])
    }
  }

  private func place(
    _ label: Label, beside others: [Obstacle]
  ) -> (center: Pixel, anchor: Pixel) {
    var best = (cost: Double.infinity, center: label.anchors[0], anchor: label.anchors[0])
    for anchor in label.anchors {
      for gap in [15.0, 22, 34, 50, 70, 95, 125, 160] {
        for (horizontal, vertical) in Self.directions {
          let center = Pixel(
            anchor.x + horizontal * (gap + label.width / 2),
            anchor.y + vertical * (gap + label.height / 2))
          let box = Box(center: center, width: label.width, height: label.height)
          let cost =
            cost(of: box, others) + leaderCost(from: box, to: anchor, others) + gap * 3
          if cost < best.cost { best = (cost, center, anchor) }
        }
      }
    }
    return (best.center, best.anchor)
  }

  /// Right first, then left, below, above, and the diagonals.
  private static let directions: [(Double, Double)] = [
    (1, 0), (-1, 0), (0, -1), (0, 1), (0.6, -1), (-0.6, -1), (0.6, 1), (-0.6, 1), (1, -0.7),
    (-1, -0.7), (1, 0.7), (-1, 0.7),
  ]

  private func cost(of box: Box, _ others: [Obstacle]) -> Double {
    func sum(_ obstacles: [Obstacle]) -> Double {
      obstacles.reduce(0) { $0 + $1.costPerArea * box.overlap($1.box) }
    }
    return 100 * box.excess(over: frame) + sum(obstacles) + sum(others)
  }

  /// The line from a text's edge to its mark's edge. A text needs it if it is so far from its mark that it might seem
  /// to belong to another one.
  package static func leader(from text: Box, to anchor: Pixel) -> (from: Pixel, to: Pixel)? {
    let edge = Pixel(
      min(max(anchor.x, text.left), text.right), min(max(anchor.y, text.bottom), text.top))
    if hypot(edge.x - anchor.x, edge.y - anchor.y) < 24 { return nil }
    // From a corner where the text is above or below its mark: a vertical leader would look like an interval's bar.
    let isBeside = edge.x != anchor.x
    let corner = anchor.x < (text.left + text.right) / 2 ? text.left : text.right
    let from = Pixel(isBeside ? edge.x : corner, edge.y)
    let share = 11 / hypot(from.x - anchor.x, from.y - anchor.y)
    return (
      from, Pixel(anchor.x + share * (from.x - anchor.x), anchor.y + share * (from.y - anchor.y))
    )
  }

  /// The cost of what the leader crosses, without what lies around the mark itself.
  private func leaderCost(
    from text: Box, to anchor: Pixel, _ others: [Obstacle]
  ) -> Double {
    guard let leader = Self.leader(from: text, to: anchor) else { return 0 }
    // A vertical leader looks like a bar.
    let (across, along) = (leader.from.x - leader.to.x, leader.from.y - leader.to.y)
    let steep = abs(across) < 0.5 * abs(along) ? 2000.0 : 0
    return stride(from: 0.0, through: 1, by: 0.1).reduce(steep) { sum, share in
      let spot = Pixel(
        leader.from.x + share * (leader.to.x - leader.from.x),
        leader.from.y + share * (leader.to.y - leader.from.y))
      if hypot(spot.x - anchor.x, spot.y - anchor.y) < 16 { return sum }
      return sum + cost(of: Box(center: spot, width: 4, height: 4), others)
    }
  }
}
