import Charts
import Foundation
import Synchronization

/// A page's charts as SVG. A chart that was drawn before is not drawn again, so that following a sweep is quick.
package final class PagePictures: Sendable {
  struct Picture: Hashable, Sendable {
    /// Is unique on the page; ids in the SVG begin with it.
    let id: String
    let chart: Chart
  }

  private let drawn = Mutex<[Picture: String]>([:])

  package init() {}

  /// The SVG of each picture by its id, drawn on all cores. Throws `ChartError`.
  func draw(_ pictures: [Picture], scripts: URL?) throws -> [String: String] {
    let before = drawn.withLock { $0 }
    let new = pictures.filter { before[$0] == nil }
    let svg = new.concurrentMap { picture in
      Result { try picture.chart.inlineSVG(id: picture.id, scripts: scripts) }
    }
    let made = Dictionary(uniqueKeysWithValues: zip(new, try svg.map { try $0.get() }))
    // What is no longer on the page is forgotten.
    let all = Dictionary(
      pictures.map { ($0, before[$0] ?? made[$0]!) }, uniquingKeysWith: { first, _ in first })
    drawn.withLock { $0 = all }
    return Dictionary(uniqueKeysWithValues: all.map { ($0.id, $1) })
  }
}
