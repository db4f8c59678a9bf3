import Capacity
import Experiments
import Models

/// State sizes of configurations relative to attention's: each model at each length is counted once.
package struct RelativeStates {
  private struct ModelAtLength: Hashable {
    let model: ModelConfiguration
    /// Tokens of a tested sequence.
    let length: Int
  }

  private let convention: CapacityConvention
  private var known: [ModelAtLength: Double?] = [:]

  package init(_ convention: CapacityConvention) { self.convention = convention }

  /// State size relative to two layers of attention of the same width, at the end of a tested sequence, or what `match`
  /// obtained; nil for a model without a recurrence. Throws `SettingsError` for a model that is too large to be counted.
  package mutating func ratio(of configuration: Experiment.Configuration) throws -> Double? {
    if let match = configuration.runs[0].match { return match.obtained }
    let (model, task) = (configuration.shared.model, configuration.shared.task.task)
    let key = ModelAtLength(model: model, length: task.sequenceLength)
    if let ratio = known[key] { return ratio }
    let ratio =
      model.hasRecurrence
      ? try convention.ratio(
        of: model,
        to: .referenceAttention(
          modelDimension: model.shape.modelDimension, length: key.length),
        length: key.length) : nil
    known[key] = .some(ratio)
    return ratio
  }
}
