import Foundation
import Support
import Training

/// Makes runs of the points of one row's sweep.
///
/// Most points differ from others in learning rate and seed alone. These are not decoded and checked again, because a
/// sweep may have thousands of them.
struct PointReader {
  fileprivate var known: [[AxisValue]: Known] = [:]

  fileprivate struct Known {
    let matched: Sweep.Point.Matched
    let recipe: Recipe.Use?
    let hash: HashTemplate?
  }

  struct Reading {
    let matched: Sweep.Point.Matched
    let recipe: Recipe.Use?
    /// nil for a model that cannot be matched.
    let hash: String?
  }

  mutating func read(_ point: Sweep.Point) throws -> Reading {
    let axes = point.axes.ofConfiguration
    if let known = known[axes], let reading = known.reading(of: point) { return reading }
    let point = try point.applyingRecipe()
    let matched = try point.matched()
    guard case .run(let configuration, _) = matched else {
      known[axes] = Known(matched: matched, recipe: point.recipe, hash: nil)
      return Reading(matched: matched, recipe: point.recipe, hash: nil)
    }
    if known[axes] == nil {
      known[axes] = Known(
        matched: matched, recipe: point.recipe, hash: HashTemplate(configuration))
    }
    return Reading(matched: matched, recipe: point.recipe, hash: configuration.hash)
  }
}

extension PointReader.Known {
  /// The same with the learning rate and the seed of another point; nil where that must be checked first.
  fileprivate func reading(of point: Sweep.Point) -> PointReader.Reading? {
    guard case .run(var configuration, let match) = matched else {
      return PointReader.Reading(matched: matched, recipe: recipe, hash: nil)
    }
    for axis in point.axes where AxisValue.isWithinConfiguration(axis.path) {
      switch axis.value {
      case .int(let seed) where axis.path == AxisValue.seedPath && seed >= 0:
        configuration.seed = UInt64(seed)
      case .double(let rate) where axis.isLearningRate && rate > 0 && rate.isFinite:
        configuration.training.learningRate = rate
      default: return nil
      }
    }
    guard let hash = hash?.hash(of: configuration) else { return nil }
    return PointReader.Reading(
      matched: .run(configuration, match), recipe: recipe, hash: hash)
  }
}

/// The text of which the hashes of runs are made that differ in learning rate and seed alone.
struct HashTemplate {
  /// The checksum of the text before the seed.
  private let start: Checksum
  /// Between seed and learning rate, and after both.
  private let middle: String, end: String

  private static let mark = "\u{1}"

  /// nil if the text does not have these two values in this order.
  init?(_ configuration: RunConfiguration) {
    let mark = SettingValue.string(Self.mark)
    let marked = configuration.hashedValue
      .setting("seed", to: mark).setting("training.lr", to: mark)
    let parts = marked.canonicalJSON.components(separatedBy: mark.canonicalJSON)
    guard parts.count == 3, parts[1].contains("\"training\":") else { return nil }
    start = Checksum(of: parts[0])
    (middle, end) = (parts[1], parts[2])
  }

  func hash(of configuration: RunConfiguration) -> String {
    var checksum = start
    checksum.add(RunConfiguration.hashedSeed(configuration.seed).canonicalJSON)
    checksum.add(middle)
    checksum.add(SettingValue.double(configuration.training.learningRate).canonicalJSON)
    checksum.add(end)
    return checksum.hexadecimal
  }
}
