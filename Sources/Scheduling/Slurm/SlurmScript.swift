import Foundation
import Support

/// A Slurm job array whose tasks train the runs of one experiment, with records in a folder that all nodes share.
///
/// Slurm sends SIGTERM shortly before the time limit and before a preemption. The task then writes its checkpoints and
/// requeues itself, unless it was cancelled.
package struct SlurmScript: Sendable {
  package var experiment: String
  package var partition: String?
  /// The time limit as sbatch reads it: minutes, HH:MM:SS, D-HH:MM, ….
  package var time: String?
  package var tasks = 1
  package var processors = 1
  package var megabytes = 0
  /// Slurm sends SIGTERM so many seconds before the time limit.
  package var graceSeconds = 120
  /// More options of sbatch, such as `--account=NAME`.
  package var options: [String] = []
  /// The working directory of the command.
  package var directory: String
  package var environment: [String: String] = [:]
  /// The folder for logs and the script itself.
  package var folder: URL
  package var command: [String]

  package init(experiment: String, directory: String, folder: URL, command: [String]) {
    self.experiment = experiment
    self.directory = directory
    self.folder = folder
    self.command = command
  }

  package var text: String {
    """
    #!/bin/bash
    # Written by recall submit. Every task trains runs of the experiment until none is left.
    \(directives.map { "#SBATCH \($0)" }.joined(separator: "\n"))

    cd \(shellWord(directory)) || exit
    \(environment.sorted { $0.key < $1.key }.map { "export \($0.key)=\(shellWord($0.value))\n" }.joined())\
    # SLURM_JOB_ID of one task may be the number of the whole array.
    task="${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"

    \(command.map(shellWord).joined(separator: " ")) &
    worker=$!
    asked=
    trap 'asked=yes; kill -TERM "$worker" 2>/dev/null' TERM
    wait "$worker"
    status=$?
    # The signal ends the wait, but the worker still writes its checkpoints.
    while [ "$status" -gt 128 ] && kill -0 "$worker" 2>/dev/null; do
      wait "$worker"
      status=$?
    done
    # A cancelled task must end, and Slurm itself requeues a preempted task.
    if [ -n "$asked" ] && [ "$(squeue --noheader --jobs="$task" --format=%T)" = RUNNING ]; then
      echo "recall: requeueing $task"
      exec scontrol requeue "$task"
    fi
    exit "$status"

    """
  }

  private var directives: [String] {
    var lines = ["--job-name=\(shellWord("recall-\(experiment)"))", "--array=0-\(tasks - 1)"]
    if let partition { lines.append("--partition=\(partition)") }
    if let time { lines.append("--time=\(time)") }
    lines += ["--nodes=1", "--ntasks=1", "--cpus-per-task=\(processors)"]
    if megabytes > 0 { lines.append("--mem=\(megabytes)M") }
    lines += [
      "--requeue", "--open-mode=append", "--signal=B:TERM@\(graceSeconds)",
      // Slurm takes a doubled % for the character itself.
      "--output=\(shellWord(folder.path.replacing("%", with: "%%") + "/%A_%a.log"))",
    ]
    return lines + options
  }

  /// A text of the script with a line break or another control character: bash or sbatch would read what follows as a
  /// line of its own. nil if there is none.
  package var textThatEndsALine: String? {
    let texts =
      [experiment, directory, folder.path] + [partition, time].compactMap(\.self) + options
      + command
      + environment.values
    return texts.first { text in
      text.unicodeScalars.contains {
        $0.properties.generalCategory == .control || $0 == "\u{2028}" || $0 == "\u{2029}"
      }
    }
  }

  /// Whether sbatch would find more than the option and its value in the text: `--account=x --time=1`, or `--account=x # y`.
  package static func holdsMoreThanOneOption(_ option: String) -> Bool {
    // A value in quotes may hold blanks.
    let plain = option.replacing(#/"[^"\-]*"|'[^'\-]*'/#, with: "value")
    let words = plain.split(whereSeparator: \.isWhitespace)
    return words.count > (plain.contains("=") ? 1 : 2)
      || words.dropFirst().contains { $0.drop { "\"'".contains($0) }.hasPrefix("-") }
  }

  /// How `recall submit` sets an option of sbatch that its tasks need; nil for options that users may set.
  package static func owner(of option: String) -> String? {
    let name = String(option.prefix { $0 != "=" && $0 != " " })
    let owners = [
      "--time": ", by --time", "-t": ", by --time", "--signal": ", by --grace-seconds",
      "--array": ", by --tasks", "-a": ", by --tasks", "--requeue": "", "--no-requeue": "",
      "--output": ", for the logs", "-o": ", for the logs", "--wrap": "", "--wait": "", "-W": "",
      "--open-mode": "",
    ]
    guard name.hasPrefix("--") else { return owners[String(name.prefix(2))] }
    // sbatch accepts the beginning of a name.
    return owners.first { name.count > 2 && $0.key.hasPrefix(name) }?.value
  }
}
