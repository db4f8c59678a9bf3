import Support
import Training

/// Every run as a line of comma-separated values: one row an observation, one column a variable, as data
/// frames want it. Keys of the configuration are columns by their path, such as task.n_pairs.
extension ResultTable {
  public var runText: String {
    let points = lines.flatMap { line in line.result.points.map { (line, $0) } }
    let settings = points.map { _, point in
      Dictionary(
        uniqueKeysWithValues: (try? point.run.configuration.flattened) ?? [])
    }
    // These two have columns of their own.
    let paths = Set(settings.flatMap(\.keys)).subtracting(["training.lr", "seed"]).sorted()
    let columns = Self.runColumns
    let header = columns.map(\.name) + paths
    let rows = zip(points, settings).map { pair, settings in
      columns.map { $0.value(experiment, pair.0, pair.1) }
        + paths.map { settings[$0]?.plainText ?? "" }
    }
    return TableLayout.csv([header] + rows).joined(separator: "\n") + "\n"
  }

  private typealias RunColumn = (
    name: String, value: (String, ResultTable.Line, CellResult.Point) -> String
  )

  private static var runColumns: [RunColumn] {
    [
      ("experiment", { experiment, _, _ in experiment }),
      ("model", { _, line, _ in line.label }),
      ("run", { _, _, point in point.run.hash }),
      ("lr", { _, _, point in "\(point.run.configuration.training.learningRate)" }),
      ("seed", { _, _, point in "\(point.seed)" }),
      (
        "chosen",
        { _, line, point in
          line.result.chosen.map {
            "\($0.learningRate == point.run.configuration.training.learningRate)"
          } ?? ""
        }
      ),
      ("status", { _, _, point in point.record?.status.rawValue ?? "waiting" }),
      ("failure", { _, _, point in point.record?.failure?.reason ?? "" }),
      ("capacity", { _, line, _ in "\(line.capacity)" }),
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
    _ split: String, _ evaluation: @escaping (CellResult.Point) -> Evaluation?
  ) -> [RunColumn] {
    let numbers: [(String, KeyPath<Evaluation, Double>)] = [
      ("accuracy", \.accuracy), ("exact_match", \.exactMatch), ("loss", \.loss),
    ]
    return numbers.map { name, number in
      ("\(split)_\(name)", { _, _, point in text(evaluation(point)?[keyPath: number]) })
    }
  }

  private static func recordColumn(
    _ name: String, _ value: @escaping (RunRecord) -> String
  ) -> RunColumn {
    (name, { _, _, point in point.record.map(value) ?? "" })
  }

  private static func text(_ value: (some CustomStringConvertible)?) -> String {
    value?.description ?? ""
  }
}
