import Charts
import ExperimentSamples
import Experiments
import Foundation
import PlotFiles
import Records
import Reports
import Results
import Scheduling
import Training

/// Text that would break a page if it were not escaped.
let hostile = "</script><script>alert(1)</script> <b>\"x\" & 'y'</b> ]]> &amp;"

let sampleFile = """
  experiment: small
  question: \(yamlText(hostile))
  expected_minutes: 150
  task: {kind: mqar, sequence_length: 64, n_pairs: 16, vocab_size: 512}
  model: {d_model: 64, n_layers: 2}
  training:
    lr: [1e-3, 1e-2, 1e-1]
    stages: [{steps: 400}]
  seed: [0, 1]
  rows:
    - {label: attention, model: {kind: attention}, published: {model: attention}}
    - {label: \(yamlText("SSD \(hostile)")), model: {kind: ssd, d_state: 8}}
  table: {note: \(yamlText("Scaled down; \(hostile)"))}

  """

private func yamlText(_ text: String) -> String {
  let data = try! JSONEncoder().encode(text)
  return String(decoding: data, as: UTF8.self)
}

let machine = Machine(
  commit: "0123456789ab+", cpu: "a <processor>", instructionSet: "baseline", blasCore: "Generic")

func evaluation(step: Int, accuracy: Double, loss: Double) -> Evaluation {
  let json = """
    {"step": \(step), "examples": \(step * 64), "tokens": \(step * 4096),
     "seconds": \(Double(step) / 7), "lr": 0.001, "training_loss": \(loss * 0.9),
     "loss": \(loss), "accuracy": \(accuracy), "exact_match": \(accuracy / 2),
     "accuracy_by_pairs": {"8": \(accuracy), "16": \(accuracy / 3)}}
    """
  return try! JSONDecoder().decode(Evaluation.self, from: Data(json.utf8))
}

/// Attention is whole; of SSD one run diverged, one is in training, one waits, and one failed.
func sampleRecord(of run: Experiment.Run) -> RunRecord? {
  let (rate, seed) = (run.configuration.training.learningRate, run.configuration.seed)
  var record = RunRecord(run, machine: machine, threads: 1)
  record.started = "2026-01-31T12:00:00Z"
  let height = (rate == 1e-2 ? 0.9 : 0.4) + 0.01 * Double(seed)
  record.evaluations = (1...4).map { index in
    evaluation(
      step: 100 * index, accuracy: height * Double(index) / 4, loss: 4 / Double(index * index))
  }
  record.status = .finished
  if rate == 1e-2 { record.test = evaluation(step: 400, accuracy: height, loss: 0.3) }
  guard run.row == 1 else { return record }
  record.test = nil
  switch (rate, seed) {
  case (1e-1, 0):
    record.status = .diverged
    record.evaluations.removeLast(2)
    record.failure = .init(reason: "the loss is <not> finite", step: 217)
  case (1e-1, 1):
    record.status = .failed
    record.evaluations = []
    record.failure = .init(reason: "no memory", step: 0)
  case (1e-2, 1):
    record.status = .running
    record.evaluations.removeLast()
  case (1e-3, 1): return nil
  default: break
  }
  return record
}

private let published = """
  # A note <with> "marks"
  model,capacity_vs_attention,accuracy
  attention,1,0.97

  """

func sampleTable(
  yaml: String = sampleFile, record: (Experiment.Run) -> RunRecord? = sampleRecord
) throws -> (Experiment, ResultTable) {
  let experiment = try Experiment(yaml: yaml, file: "/home/me/tasks/it's small.yaml")
  let table = try ResultTable(
    experiment, published: PublishedTable("note", csv: published), record: record)
  return (experiment, table)
}

let sampleScripts = try! ProjectFolder.find(
  environment: [:], startingAt: [URL(filePath: #filePath)]
).appending(path: "plots")
