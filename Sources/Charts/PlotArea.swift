import Foundation

/// The plotting area of an accuracy chart: where points lie on the canvas, in pixels.
struct PlotArea {
  let frame: Box
  /// log₂ of the size on the x axis.
  let octaves: ClosedRange<Double>
  /// Wider than 0…1: there is room for a mark below and a text above.
  let accuracies = -0.07...1.12

  /// The x axis shows at least the octaves `least`, and half an octave beyond every point.
  init(_ points: [AccuracyPoint], atLeast least: ClosedRange<Double>?, frame: Box) {
    self.frame = frame
    let sizes = points.map { log2($0.capacity) }
    let (low, high) = (sizes.min()!, sizes.max()!)
    let range = least ?? low...high
    octaves = (min(range.lowerBound, low) - 0.5)...(max(range.upperBound, high) + 0.5)
  }

  /// The sizes that the x axis shows.
  var sizes: ClosedRange<Double> { exp2(octaves.lowerBound)...exp2(octaves.upperBound) }

  func pixel(capacity: Double, accuracy: Double) -> Pixel {
    let across = (log2(capacity) - octaves.lowerBound) / (octaves.upperBound - octaves.lowerBound)
    let up =
      (accuracy - accuracies.lowerBound) / (accuracies.upperBound - accuracies.lowerBound)
    return Pixel(
      frame.left + across * (frame.right - frame.left),
      frame.bottom + up * (frame.top - frame.bottom))
  }

  func capacity(_ pixel: Pixel) -> Double {
    let across = (pixel.x - frame.left) / (frame.right - frame.left)
    return exp2(octaves.lowerBound + across * (octaves.upperBound - octaves.lowerBound))
  }

  func accuracy(_ pixel: Pixel) -> Double {
    let up = (pixel.y - frame.bottom) / (frame.top - frame.bottom)
    return accuracies.lowerBound + up * (accuracies.upperBound - accuracies.lowerBound)
  }
}
