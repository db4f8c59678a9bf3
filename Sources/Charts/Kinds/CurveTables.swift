import Foundation
import Support

/// The tables that `plots/parts/curve-panels.gp` reads. Colours are numbers 0xRRGGBB.
extension CurveLayout {
  private typealias One = (panel: Int, index: Int, curve: AccuracyCurve, style: SeriesStyle)

  private var all: [One] {
    let curves = panels.enumerated().flatMap { panel, contents in
      zip(contents.curves, contents.styles).map { (panel: panel + 1, curve: $0, style: $1) }
    }
    return curves.enumerated().map { ($1.panel, $0 + 1, $1.curve, $1.style) }
  }

  /// gnuplot cannot take a filled area's colour from a table.
  var bandColours: [String: GnuplotValue] {
    var variables: [String: GnuplotValue] = ["band_count": .number(Double(all.count))]
    for one in all {
      variables["band_colour_\(one.index)"] = .number(Double(one.style.colour.rgb))
    }
    return variables
  }

  var blocks: [DataBlock] {
    [
      DataBlock("baselines", rows: baselineRows),
      DataBlock("bands", rows: rows { one in one.curve.fit.map { samples($0, one) } }),
      DataBlock(
        "lines",
        rows: rows { one in
          (one.curve.fit.isEmpty
            ? one.curve.points.map { .init(size: Double($0.size), accuracy: $0.accuracy) }
            : one.curve.fit).map { samples($0, one) }
        }),
      DataBlock("theory", rows: rows { one in one.curve.theory.map { samples($0, one) } }),
      DataBlock("seeds", rows: filled(all.flatMap(seeds))),
      // With a fit, its band is the interval.
      DataBlock(
        "bars",
        rows: filled(
          all.filter(\.curve.fit.isEmpty).flatMap { one in
            one.curve.points.filter { $0.low < $0.high }.map { mark($0, one) }
          })),
      DataBlock(
        "marks", rows: filled(all.flatMap { one in one.curve.points.map { mark($0, one) } })),
      DataBlock(
        "edges",
        rows: filled(
          all.filter(\.style.isHybrid).flatMap { one in
            one.curve.points.map {
              ["\(one.panel)", "\($0.size)", "\($0.accuracy)", "0", "0"]
                + ["\(one.style.hollowMark)", "0"]
            }
          })),
      DataBlock(
        "published",
        rows: filled(
          all.flatMap { one in
            one.curve.published.map {
              ["\(one.panel)", "\($0.size)", "\($0.accuracy)", "0", "0"]
                + ["\(one.style.hollowMark)", "\(one.style.colour.rgb)"]
            }
          })),
    ]
  }

  var tips: [String: [String]] {
    [
      "marks": all.flatMap { one in
        one.curve.points.map { point in
          let interval =
            one.curve.fit.isEmpty && point.low < point.high
            ? " (\(fixed(point.low, 3))–\(fixed(point.high, 3)))" : ""
          let seeds =
            point.seeds.count > 1
            ? "\nseeds \(point.seeds.map { fixed($0, 3) }.joined(separator: ", "))" : ""
          return "\(name(one)), \(size.letter) = \(point.size)\naccuracy "
            + "\(fixed(point.accuracy, 3))\(interval)\(seeds)"
        }
      },
      "published": all.flatMap { one in
        one.curve.published.map {
          "\(name(one)), \(size.letter) = \(significant($0.size, 6))\n"
            + "accuracy \(fixed($0.accuracy, 3)), published"
        }
      },
    ]
  }

  private func name(_ one: One) -> String {
    one.curve.name == one.curve.panel ? one.curve.name : "\(one.curve.panel), \(one.curve.name)"
  }

  /// The rows of every curve, with an empty row after each; else gnuplot would join it to the next.
  private func rows(_ make: (One) -> [[String]]) -> [[String]] {
    filled(all.flatMap { one in make(one) + [[]] })
  }

  /// Panel, size, accuracy, low, high, colour, curve.
  private func samples(_ sample: AccuracyCurve.Sample, _ one: One) -> [String] {
    ["\(one.panel)", "\(sample.size)", "\(sample.accuracy)", "\(sample.low)", "\(sample.high)"]
      + ["\(one.style.colour.rgb)", "\(one.index)"]
  }

  /// Panel, size, accuracy, low, high, mark, colour.
  private func mark(_ point: AccuracyCurve.Point, _ one: One) -> [String] {
    ["\(one.panel)", "\(point.size)", "\(point.accuracy)", "\(point.low)", "\(point.high)"]
      + ["\(one.style.mark)", "\(one.style.colour.rgb)"]
  }

  private func seeds(_ one: One) -> [[String]] {
    one.curve.points.filter { $0.seeds.count > 1 }.flatMap { point in
      point.seeds.map {
        ["\(one.panel)", "\(point.size)", "\($0)", "\(one.style.colour.rgb)"]
      }
    }
  }

  /// The same in every panel.
  private var baselineRows: [[String]] {
    filled(
      panels.indices.flatMap { index in
        baselineEnds(ofPanel: index).map { ["\(index + 1)", "\($0.size)", "\($0.accuracy)"] } + [[]]
      })
  }

  /// The baseline's points; a single one is drawn across the panel.
  private func baselineEnds(ofPanel index: Int) -> [AccuracyCurve.Sample] {
    guard baselines.count == 1 else { return baselines }
    let range = axes[index].x.range
    return [range.lowerBound, range.upperBound].map {
      .init(size: $0, accuracy: baselines[0].accuracy)
    }
  }
}
