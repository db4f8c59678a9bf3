import Experiments
import Foundation
import Records
import Storage
import Support
import Training

/// Records as TensorBoard's event files: a folder for each run, with its configuration and its scores.
package struct TensorBoardExport {
  private let folder: URL
  private var names: Set<String> = []

  package init(to folder: URL) { self.folder = folder }

  /// Writes one run's events and replaces those of an earlier export. Throws `FileError`.
  ///
  /// An event's time is the run's start plus the training time until then, without pauses.
  package mutating func write(_ record: RunRecord, of run: Experiment.Run) throws {
    let runFolder = folder.appending(path: name(of: run), directoryHint: .isDirectory)
    try makeFolder(runFolder)
    // TensorBoard finds its files by the word "tfevents".
    let file = runFolder.appending(path: "events.out.tfevents.\(run.hash)")
    try AtomicFile.write(Data(try Self.events(record).bytes), to: file)
  }

  /// The run's label as a folder's name. TensorBoard shows it, and reads "/" as a level of folders.
  private mutating func name(of run: Experiment.Run) -> String {
    let letters = run.label.map { $0 == "/" || $0.isNewline || $0 == "\0" ? "_" : $0 }
    let label = String(String(letters).drop { $0 == "." })
    let short = Self.shortened(label)
    let isOwn = !short.isEmpty && short == label && !names.contains(label)
    let name = isOwn ? label : "\(short) \(run.hash)"
    names.insert(name)
    return name
  }

  /// The start of a name. File systems take 255 bytes, some fewer.
  private static func shortened(_ text: String) -> String {
    var short = text[...]
    while short.utf8.count > 180 { short.removeLast() }
    return String(short)
  }

  private static func events(_ record: RunRecord) throws -> EventFile {
    let start = (try? Date(record.started, strategy: .iso8601))?.timeIntervalSince1970 ?? 0
    let settings = try record.configuration.flattened
    var file = EventFile(time: start)
    file.text("configuration", markdown(settings, record), time: start)
    file.hyperparameters("session_start_info", time: start) { data in
      data.add(3) { info in
        for (path, value) in settings { info.add(1) { $0.addEntry(path, value) } }
        info.add(5, start)
      }
    }
    for evaluation in record.evaluations { file.add(evaluation, "validation", start) }
    if let test = record.test { file.add(test, "test", start) }
    if let end = record.test ?? record.evaluations.last, record.isDone {
      let time = start + end.seconds
      file.hyperparameters("session_end_info", time: time) { data in
        data.add(4) { info in
          info.add(1, record.status == .finished ? 1 : 2)
          info.add(2, time)
        }
      }
    }
    return file
  }

  private static func markdown(
    _ settings: [(path: String, value: SettingValue)], _ record: RunRecord
  ) -> String {
    var rows = settings.map { ($0.path, $0.value.plainText) }
    rows += [
      (
        "status",
        record.failure.map { "failed at step \($0.step): \($0.reason)" }
          ?? record.status.rawValue
      ),
      ("commit", record.commit), ("cpu", record.cpu),
      ("instruction_set", record.instructionSet), ("blas_core", record.blasCore),
    ]
    return
      (["| key | value |", "| --- | --- |"]
      + rows.map { "| \($0.0) | \($0.1.replacing("|", with: "\\|")) |" }).joined(separator: "\n")
  }
}

extension EventFile {
  /// Adds the scores of one evaluation on one split.
  fileprivate mutating func add(_ evaluation: Evaluation, _ split: String, _ start: Double) {
    var numbers = [
      ("loss/\(split)", evaluation.loss), ("accuracy/\(split)", evaluation.accuracy),
      ("exact_match/\(split)", evaluation.exactMatch),
    ]
    if split == "validation" {
      numbers += [("loss/training", evaluation.trainingLoss), ("lr", evaluation.learningRate)]
    }
    if evaluation.accuracyByDifficulty.count > 1 {
      numbers += evaluation.accuracyByDifficulty.sorted { $0.key < $1.key }
        .map { ("accuracy_by_pairs_\(split)/\($0.key)", $0.value) }
    }
    numbers += (evaluation.accuracyByPart ?? [:]).sorted { $0.key < $1.key }
      .map { ("accuracy_by_part_\(split)/\($0.key)", $0.value) }
    for (tag, number) in numbers {
      scalar(tag, number, step: evaluation.step, time: start + evaluation.seconds)
    }
  }
}

extension ProtobufMessage {
  /// An entry of map<string, google.protobuf.Value>.
  fileprivate mutating func addEntry(_ key: String, _ value: SettingValue) {
    add(1, key)
    add(2) { message in
      switch value {
      case .int(let number): message.add(2, Double(number))
      case .double(let number): message.add(2, number)
      case .bool(let flag): message.add(4, flag ? 1 : 0)
      default: message.add(3, value.plainText)
      }
    }
  }
}
