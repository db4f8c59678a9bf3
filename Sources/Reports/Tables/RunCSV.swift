import Experiments
import Records
import Results
import Support
import Training

extension ResultTable {
  /// A CSV line for each run, for a data frame. Keys of the configuration are columns by their path, such as
  /// task.n_pairs; learning rate and seed have columns of their own.
  package var runText: String {
    // The runs of a line differ in learning rate and seed.
    let settings = lines.map { line in
      Dictionary(
        uniqueKeysWithValues: (try? line.result.runs.first?.run.configuration
          .settingsOfConfiguration) ?? [])
    }
    let paths = Set(settings.flatMap(\.keys)).sorted()
    let columns = Self.runColumns
    let header = columns.map(\.name) + paths
    let rows = zip(lines, settings).flatMap { line, settings in
      let texts = paths.map { settings[$0]?.plainText ?? "" }
      return line.result.runs.map { one in
        columns.map { $0.value(experiment, line, one) } + texts
      }
    }
    return TextTable([header] + rows).csv.joined(separator: "\n") + "\n"
  }

  private typealias RunColumn = (
    name: String, value: (String, ResultTable.Line, RunResult) -> String
  )

  private static var runColumns: [RunColumn] {
    [
      ("experiment", { experiment, _, _ in experiment }),
      ("model", { _, line, _ in line.label }),
      ("run", { _, _, one in one.run.hash }),
      ("lr", { _, _, one in "\(one.learningRate)" }),
      ("seed", { _, _, one in "\(one.seed)" }),
      (
        "chosen",
        { _, line, one in
          line.result.chosen.map { "\($0.learningRate == one.learningRate)" } ?? ""
        }
      ),
      ("status", { _, _, one in one.record?.status.rawValue ?? "waiting" }),
      ("failure", { _, _, one in one.record?.failure?.reason ?? "" }),
      ("capacity", { _, line, _ in text(line.capacity) }),
      ("requested_capacity", { _, line, _ in line.match.map { "\($0.requested)" } ?? "" }),
      (
        "published_capacity",
        { _, line, _ in
          guard let text = line.publishedCapacity else { return "" }
          return Double(fraction: text).map { "\($0)" } ?? ""
        }
      ),
      ("published_accuracy", { _, line, _ in line.published.map { "\($0)" } ?? "" }),
    ]
      + evaluationColumns("validation", \.validation) + evaluationColumns("test", \.test)
      + [
        recordColumn("step") { "\($0.evaluations.last?.step ?? 0)" },
        recordColumn("total_steps") { text($0.totalSteps) },
        recordColumn("examples") { text($0.evaluations.last?.examples) },
        recordColumn("tokens") { text($0.evaluations.last?.tokens) },
        recordColumn("training_loss") { text($0.evaluations.last?.trainingLoss) },
        recordColumn("seconds") { text($0.throughput?.seconds) },
        recordColumn("sequences_per_second") { text($0.throughput?.sequencesPerSecond) },
        recordColumn("parameters") { text($0.parameters) },
        recordColumn("state_scalars") { text($0.stateScalars) },
        recordColumn("commit") { $0.commit }, recordColumn("cpu") { $0.cpu },
        recordColumn("instruction_set") { $0.instructionSet },
        recordColumn("blas_core") { $0.blasCore }, recordColumn("threads") { "\($0.threads)" },
        recordColumn("started") { $0.started }, recordColumn("finished") { $0.finished ?? "" },
      ]
  }

  private static func evaluationColumns(
    _ split: String, _ evaluation: @escaping (RunResult) -> Evaluation?
  ) -> [RunColumn] {
    let numbers: [(String, KeyPath<Evaluation, Double>)] = [
      ("accuracy", \.accuracy), ("exact_match", \.exactMatch), ("loss", \.loss),
    ]
    return numbers.map { name, number in
      ("\(split)_\(name)", { _, _, one in text(evaluation(one)?[keyPath: number]) })
    } + [
      (
        "\(split)_accuracy_by_part",
        { _, line, one in partText(line.partNames, evaluation(one)?.accuracyByPart) }
      )
    ]
  }

  private static func recordColumn(
    _ name: String, _ value: @escaping (RunRecord) -> String
  ) -> RunColumn {
    (name, { _, _, one in one.record.map(value) ?? "" })
  }

  private static func text(_ value: (some CustomStringConvertible)?) -> String {
    value?.description ?? ""
  }
}
