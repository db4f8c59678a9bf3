import Support
import Testing

@Suite struct FractionTests {
  @Test(arguments: [("1/32", 1.0 / 32), ("0.44", 0.44), ("2", 2), ("3/4", 0.75), ("1e-3", 1e-3)])
  func numbersAndFractions(text: String, value: Double) {
    #expect(Double(fraction: text) == value)
  }

  @Test(arguments: ["", "x/2", "1/", "/2", "1/2/3", "a"])
  func anythingElseIsNone(text: String) {
    #expect(Double(fraction: text) == nil)
  }

  @Test func writtenAsPeopleDo() {
    #expect(
      [0.125, 1.0 / 3, 2, 0.75, 0.53515625, 0].map(\.fractionText)
        == ["1/8", "1/3", "2", "0.75", "0.5352", "0"])
  }
}
