import Capacity
import Testing

@Suite struct RelativeCapacityTests {
  /// The rows of the published table at L = 1024, with both choices of channels.
  @Test(
    arguments: [
      (nil, 1, 2, 1.0, 1.0), (16, 2, 2, 1.0 / 32, 1.0 / 64), (64, 2, 4, 1.0 / 4, 1.0 / 8),
      (128, 2, 8, 1.0, 1.0 / 2), (256, 2, 4, 1.0, 1.0 / 2), (256, 2, 8, 2.0, 1.0),
    ] as [(Int?, Int, Int, Double, Double)])
  func publishedRows(
    stateDimension: Int?, expand: Int, layers: Int, inner: Double, model: Double
  ) {
    func capacity(_ channels: StateChannels) -> Double {
      relativeCapacity(
        stateDimension: stateDimension, expand: expand, layers: layers, length: 1024,
        channels: channels)
    }
    #expect(capacity(.inner) == inner)
    #expect(capacity(.model) == model)
  }
}
