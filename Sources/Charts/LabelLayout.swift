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

  package func overlap(_ other: Box) -> Double {
    max(0, min(right, other.right) - max(left, other.left))
      * max(0, min(top, other.top) - max(bottom, other.bottom))
  }

  /// The part of its area outside of `frame`.
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

/// Finds a place for each text near what it names, off marks, lines and earlier texts.
///
/// Greedy: each text in turn takes the cheapest of a fan of places around its anchors. What it
/// covers costs by the area, text most of all; distance costs a little.
package struct LabelLayout: Sendable {
  private let frame: Box
  private var obstacles: [Obstacle] = []

  private struct Obstacle: Sendable {
    let box: Box
    let costPerArea: Double
  }

  package init(frame: Box) {
    self.frame = frame
  }

  package mutating func avoid(_ box: Box, costPerArea: Double = 4) {
    obstacles.append(Obstacle(box: box, costPerArea: costPerArea))
  }

  /// A line is avoided in steps short enough that none of it lies outside of their boxes.
  package mutating func avoidLine(from start: Pixel, to end: Pixel) {
    let steps = max(1, Int(max(abs(end.x - start.x), abs(end.y - start.y)) / 6))
    for step in 0...steps {
      let share = Double(step) / Double(steps)
      let center = Pixel(
        start.x + share * (end.x - start.x), start.y + share * (end.y - start.y))
      avoid(Box(center: center, width: 6, height: 6), costPerArea: 1.5)
    }
  }

  /// Returns the text's center and keeps later texts off it.
  package mutating func place(width: Double, height: Double, near anchors: [Pixel]) -> Pixel {
    precondition(!anchors.isEmpty, "a text needs something to name")
    var best = (cost: Double.infinity, center: anchors[0])
    for anchor in anchors {
      for gap in [13.0, 22, 34, 50, 70, 95, 125] {
        for (horizontal, vertical) in Self.directions {
          let center = Pixel(
            anchor.x + horizontal * (gap + width / 2), anchor.y + vertical * (gap + height / 2))
          let cost = cost(of: Box(center: center, width: width, height: height)) + gap * 3
          if cost < best.cost { best = (cost, center) }
        }
      }
    }
    avoid(Box(center: best.center, width: width + 8, height: height + 4), costPerArea: 12)
    return best.center
  }

  /// Right first, then left, below, above, and between them.
  private static let directions: [(Double, Double)] = [
    (1, 0), (-1, 0), (0, -1), (0, 1), (0.6, -1), (-0.6, -1), (0.6, 1), (-0.6, 1), (1, -0.7),
    (-1, -0.7), (1, 0.7), (-1, 0.7),
  ]

  private func cost(of box: Box) -> Double {
    obstacles.reduce(100 * box.excess(over: frame)) { sum, obstacle in
      sum + obstacle.costPerArea * box.overlap(obstacle.box)
    }
  }
}
