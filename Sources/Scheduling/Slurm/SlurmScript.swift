import Foundation

/// A job array of Slurm whose tasks take runs from one experiment, over a folder that all nodes share.
///
/// Shortly before the time limit, and before a preemption, Slurm sends SIGTERM: the task then writes its
/// checkpoints and has itself requeued. A task that was cancelled is not requeued.
public struct SlurmScript: Sendable {
  public var experiment: String
  public var partition: String?
  /// As sbatch takes it: minutes, HH:MM:SS, D-HH:MM, ….
  public var time: String?
  public var tasks = 1
  public var processors = 1
  public var megabytes = 0
  /// Seconds before the time limit at which tasks are told to end.
  public var graceSeconds = 120
  /// More options of sbatch, such as `--account=NAME`.
  public var options: [String] = []
  /// Where the command is run.
  public var directory: String
  public var environment: [String: String] = [:]
  /// For logs and the script itself.
  public var folder: URL
  public var command: [String]

  public init(experiment: String, directory: String, folder: URL, command: [String]) {
    self.experiment = experiment
    self.directory = directory
    self.folder = folder
    self.command = command
  }

  public var text: String {
    """
    #!/bin/bash
    # Written by recall submit. Every task takes runs of the experiment until nothing is left for it.
    \(directives.map { "#SBATCH \($0)" }.joined(separator: "\n"))

    cd \(Self.quoted(directory)) || exit
    \(environment.sorted { $0.key < $1.key }.map { "export \($0.key)=\(Self.quoted($0.value))\n" }.joined())\
    # Not SLURM_JOB_ID: that of one task is the whole array's.
    task="${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"

    \(command.map(Self.quoted).joined(separator: " ")) &
    worker=$!
    told=
    trap 'told=yes; kill -TERM "$worker" 2>/dev/null' TERM
    wait "$worker"
    status=$?
    # The signal ends the wait, not the worker, which is writing its checkpoints.
    while [ "$status" -gt 128 ] && kill -0 "$worker" 2>/dev/null; do
      wait "$worker"
      status=$?
    done
    # Whoever cancels the task wants it to end; Slurm requeues by itself what it preempts.
    if [ -n "$told" ] && [ "$(squeue --noheader --jobs="$task" --format=%T)" = RUNNING ]; then
      echo "recall: requeueing $task"
      exec scontrol requeue "$task"
    fi
    exit "$status"

    """
  }

  private var directives: [String] {
    var lines = ["--job-name=recall-\(experiment)", "--array=0-\(tasks - 1)"]
    if let partition { lines.append("--partition=\(partition)") }
    if let time { lines.append("--time=\(time)") }
    lines += ["--nodes=1", "--ntasks=1", "--cpus-per-task=\(processors)"]
    if megabytes > 0 { lines.append("--mem=\(megabytes)M") }
    lines += [
      "--requeue", "--open-mode=append", "--signal=B:TERM@\(graceSeconds)",
      "--output=\(Self.quoted(folder.path + "/%A_%a.log"))",
    ]
    return lines + options
  }

  /// Where `recall submit` has an option of sbatch from that its tasks rely on; nil of any other.
  public static func owner(of option: String) -> String? {
    let name = String(option.prefix { $0 != "=" && $0 != " " })
    let owners = [
      "--time": ", by --time", "-t": ", by --time", "--signal": ", by --grace-seconds",
      "--array": ", by --tasks", "-a": ", by --tasks", "--requeue": "", "--no-requeue": "",
    ]
    guard name.hasPrefix("--") else { return owners[String(name.prefix(2))] }
    // sbatch takes the beginning of a name for all of it.
    return owners.first { name.count > 2 && $0.key.hasPrefix(name) }?.value
  }

  /// For a shell, in single quotes where it needs them.
  static func quoted(_ text: String) -> String {
    let isPlain = text.allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "-_./=:@%+,".contains($0))
    }
    return isPlain && !text.isEmpty ? text : "'\(text.replacing("'", with: "'\\''"))'"
  }
}
