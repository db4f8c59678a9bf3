import Support
import Testing

@Suite struct OrderedGroupingTests {
  @Test func distinctKeepsTheFirstOfEach() {
    #expect([3, 1, 3, 2, 1].distinct == [3, 1, 2])
    #expect([String]().distinct == [])
  }

  @Test func groupsAndElementsKeepTheirOrder() {
    let groups = ["bee", "ant", "bat", "cat", "ape"].grouped { $0.first! }
    #expect(groups.map(\.key) == ["b", "a", "c"])
    #expect(groups.map(\.elements) == [["bee", "bat"], ["ant", "ape"], ["cat"]])
  }
}
