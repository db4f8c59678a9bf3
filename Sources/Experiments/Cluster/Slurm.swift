import Foundation
import Storage
import Support

/// The queue of Slurm, through its own programs.
public enum Slurm {
  /// Writes a script to its folder and submits it. The script is kept as JOB.sbatch beside the tasks' logs.
  ///
  /// Returns the job's number. Throws `FileError`, or `SlurmError` with sbatch's words.
  public static func submit(_ script: SlurmScript) throws -> String {
    let file = try write(script)
    guard let sbatch = Subprocess(["sbatch", "--parsable", file.path], within: 300) else {
      throw SlurmError(
        "there is no sbatch on the PATH; the script is \(file.path), to be submitted where Slurm is"
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
  public static func write(_ script: SlurmScript) throws -> URL {
    try makeFolder(script.folder)
    let file = script.folder.appendingPathComponent("next.sbatch")
    try AtomicFile.write(Data(script.text.utf8), to: file)
    return file
  }

  /// Tasks in the queue by state, such as RUNNING: 3, of the jobs that were submitted for an experiment.
  public struct Queue: Sendable {
    public let jobs: [String]
    public let tasks: [String: Int]
  }

  /// - Parameter folder: that of the scripts.
  ///
  /// nil if no job was ever submitted. Throws `SlurmError` where squeue cannot be asked.
  public static func queue(_ folder: URL) throws -> Queue? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let jobs = names.filter { $0.hasSuffix(".sbatch") }.map { String($0.dropLast(7)) }
      .filter { Int($0) != nil }.sorted { Int($0)! < Int($1)! }
    guard !jobs.isEmpty else { return nil }
    var tasks: [String: Int] = [:]
    for job in jobs {
      // One by one: squeue refuses a list with a job that it has forgotten.
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

/// What Slurm does not do.
public struct SlurmError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}
