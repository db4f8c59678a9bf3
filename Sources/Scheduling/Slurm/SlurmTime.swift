/// A time limit as sbatch reads it.
enum SlurmTime: Hashable {
  case seconds(Int)
  /// 0, INFINITE, UNLIMITED.
  case unlimited

  /// The accepted forms, for error messages.
  static let forms = "minutes, MM:SS, HH:MM:SS, D-HH, D-HH:MM, D-HH:MM:SS, or UNLIMITED"

  /// nil for a text that sbatch does not accept.
  init?(_ text: String) {
    if ["INFINITE", "UNLIMITED"].contains(text.uppercased()) {
      self = .unlimited
      return
    }
    let halves = text.split(separator: "-", omittingEmptySubsequences: false)
    let numbers = halves.map { half in
      half.split(separator: ":", omittingEmptySubsequences: false).map { Self.number($0) }
    }
    let known = numbers.map { $0.compactMap(\.self) }
    guard known.map(\.count) == numbers.map(\.count) else { return nil }
    let seconds: Int
    switch (known.count, known.last!.count) {
    case (1, 1): seconds = 60 * known[0][0]
    case (1, 2): seconds = 60 * known[0][0] + known[0][1]
    case (1, 3): seconds = 3600 * known[0][0] + 60 * known[0][1] + known[0][2]
    case (2, 1...3) where known[0].count == 1:
      let clock = known[1] + [0, 0]
      seconds = 86400 * known[0][0] + 3600 * clock[0] + 60 * clock[1] + clock[2]
    default: return nil
    }
    self = seconds == 0 ? .unlimited : .seconds(seconds)
  }

  private static func number(_ text: Substring) -> Int? {
    text.count <= 9 && text.allSatisfy { $0.isASCII && $0.isNumber } ? Int(text) : nil
  }
}

extension SlurmScript {
  /// Slurm may send the signal so many seconds earlier than asked (sbatch's manual, --signal).
  private static let earliness = 60

  /// What is wrong with a time limit: sbatch does not accept it, or tasks would get SIGTERM at once. Nil if it is good.
  package static func problem(withTime text: String, graceSeconds: Int) -> String? {
    switch SlurmTime(text) {
    case nil: "--time \(text) is not a time limit of sbatch; allowed: \(SlurmTime.forms)."
    case .seconds(let limit) where limit <= graceSeconds + earliness:
      "--time \(text) is \(limit) s, but tasks must end --grace-seconds \(graceSeconds), or up to "
        + "\(earliness) s more, before that: nothing would be trained. Allowed: a time above "
        + "\(graceSeconds + earliness) s"
        + (limit > earliness + 1
          ? ", or --grace-seconds below \(limit - earliness)." : ".")
    default: nil
    }
  }
}
