import Foundation
import Storage
import Support

/// Slurm's queue, through Slurm's own programs.
package enum Slurm {
  /// Writes a script to its folder and submits it. The script stays as JOB.sbatch beside the tasks' logs.
  ///
  /// Returns the job's number. Throws `FileError`, or `SlurmError` with sbatch's message.
  package static func submit(_ script: SlurmScript) throws -> String {
    let file = try write(script)
    guard let sbatch = Subprocess(["sbatch", "--parsable", file.path], within: 300) else {
      throw SlurmError(
        "there is no sbatch on the PATH; submit \(file.path) on a machine with Slurm"
      )
    }
    guard sbatch.status == 0, let job = sbatch.output.split(separator: ";").first else {
      throw SlurmError("sbatch refused \(file.path): \(sbatch.errors)")
    }
    let kept = script.folder.appendingPathComponent("\(job).sbatch")
    guard rename(file.path, kept.path) == 0 else {
      throw FileError(kept, "cannot be written: \(String(cString: strerror(errno)))")
    }
    return String(job)
  }

  /// Writes a script to its folder.
  package static func write(_ script: SlurmScript) throws -> URL {
    try makeFolder(script.folder)
    let file = script.folder.appendingPathComponent("next.sbatch")
    try AtomicFile.write(Data(script.text.utf8), to: file)
    return file
  }

  /// An experiment's jobs, and how many of their tasks are in each state, such as RUNNING: 3.
  package struct Queue: Sendable {
    package let jobs: [String]
    package let tasks: [String: Int]
  }

  /// nil if no job was ever submitted. Throws `SlurmError` if squeue does not answer.
  ///
  /// - Parameter folder: the folder of the scripts.
  package static func queue(_ folder: URL) throws -> Queue? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let jobs = names.filter { $0.hasSuffix(".sbatch") }.map { String($0.dropLast(7)) }
      .filter { Int($0) != nil }.sorted { Int($0)! < Int($1)! }
    guard !jobs.isEmpty else { return nil }
    var tasks: [String: Int] = [:]
    for job in jobs {
      // One by one, because squeue refuses a list with a job that it has forgotten.
      guard
        let squeue = Subprocess(
          ["squeue", "--noheader", "--array", "--jobs=\(job)", "--format=%T"], within: 60)
      else { throw SlurmError("there is no squeue on the PATH") }
      if squeue.status != 0 {
        if squeue.errors.contains("Invalid job id") { continue }
        throw SlurmError("squeue does not answer: \(squeue.errors)")
      }
      for state in squeue.output.split(separator: "\n") { tasks[String(state), default: 0] += 1 }
    }
    return Queue(jobs: jobs, tasks: tasks)
  }
}

/// A Slurm program is missing or has failed.
package struct SlurmError: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
