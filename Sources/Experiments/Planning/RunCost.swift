import Models
import RecallTasks
import Training

/// The arithmetic of a run, counted from its shapes. Stages may end early and make it less.
public struct RunCost: Hashable, Sendable {
  /// Steps of training.
  public let steps: Int
  public let examples: Int
  public let parameters: Int
  /// Floats of a buffer that holds one for each parameter.
  let bufferCount: Int
  /// Of training and of all evaluations on the validation split.
  public let multiplyAdds: Double

  public init(_ configuration: RunConfiguration) throws {
    let (plan, settings) = (try TrainingPlan(configuration), configuration.training)
    let model = LanguageModel(configuration.model)
    func perExample(_ task: any RecallTask) -> Double {
      model.trainingMultiplyAdds(task, seed: configuration.seed)
    }
    let epochs = Double(settings.epochs)
    let training = plan.stages.reduce(0.0) { $0 + Double($1.examples) * perExample($1.task) }
    // Forward alone is a third of a training step.
    let evaluation = try configuration.evaluationTasks.reduce(0.0) {
      $0 + Double(settings.validationExamples) * perExample($1.task) / 3
    }
    let every = plan.evaluateEvery
    steps = plan.totalSteps
    examples = plan.stages.reduce(0) { $0 + $1.examples } * settings.epochs
    parameters = model.parameterCount
    bufferCount = model.bufferCount
    multiplyAdds = training * epochs + evaluation * Double((steps + every - 1) / every)
  }
}
