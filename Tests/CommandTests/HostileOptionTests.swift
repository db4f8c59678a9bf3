import Foundation
import Testing

/// Hostile values of every option of every command: none ends the program by a signal.
@Suite struct HostileOptionTests {
  private static let values = [
    "-1", "0", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "4294967296",
    "1e300", "nan", "inf", "''", "é🙂", "1/8", "'a\nb'", String(repeating: "x", count: 5000),
  ]
  /// A large number of them is a lot of work that somebody asked for.
  private static let amounts = ["dataset show": ["examples"], "dataset write": ["examples"]]
  /// A command that options are added to, for each command that has options.
  private static let commands = [
    "run": "run D/tiny.yaml --table", "plot": "plot D/tiny.yaml --runs D/runs", "new": "new x",
    "submit": "submit D/tiny.yaml --script-only", "status": "status D/tiny.yaml",
    "merge": "merge D/other/runs", "report": "report D/tiny.yaml --runs D/runs",
    "evaluate":
      "evaluate D/record.json --weights D/weights.safetensors --data D/data.safetensors",
    "dataset show": "dataset show mqar", "dataset write": "dataset write mqar",
    "score": "score D/data.safetensors --predictions D/logits.safetensors",
    "matrix":
      "matrix D/record.json --weights D/weights.safetensors --data D/data.safetensors --output m",
    "diff": "diff D/runs/tiny D/runs/tiny", "capacity": "capacity --mixer ssd",
    "bench": "bench --seconds 0", "list": "list",
  ]

  /// Every option that takes a value, by command.
  private static func options(in sandbox: RecallProcess) throws -> [String: [String]] {
    let dump = try sandbox.run("--experimental-dump-help").output
    var options: [String: [String]] = [:]
    func add(_ command: [String: Any], _ path: [String]) throws {
      for part in command["subcommands"] as? [[String: Any]] ?? [] {
        let path = path + [try #require(part["commandName"] as? String)]
        let arguments = (part["arguments"] as? [[String: Any]] ?? [])
          .filter { $0["kind"] as? String == "option" }
        options[path.joined(separator: " ")] = arguments.compactMap { argument in
          let name = (argument["names"] as? [[String: Any]])?.first?["name"] as? String
          return name.map { ($0.count == 1 ? "-" : "--") + $0 }
        }
        try add(part, path)
      }
    }
    let help = try JSONSerialization.jsonObject(with: Data(dump.utf8)) as? [String: Any]
    try add(try #require(help?["command"] as? [String: Any]), [])
    return options.filter { !$0.value.isEmpty }
  }

  @Test func noValueEndsTheProgram() throws {
    let sandbox = try CommandSample.copy()
    defer { sandbox.remove() }
    let options = try Self.options(in: sandbox)
    #expect(Set(options.keys) == Set(Self.commands.keys))
    var trials: [String] = []
    for (name, command) in Self.commands.sorted(by: { $0.key < $1.key }) {
      for option in options[name] ?? [] {
        let isAmount = Self.amounts[name]?.contains(String(option.drop { $0 == "-" })) == true
        trials += Self.values.filter { !isAmount || $0.count < 10 }
          .map { "\(command) \(option) \($0)" }
      }
    }
    // A different part each day would not be reproducible: the order is always the same, and so is the part.
    let every = ProcessInfo.processInfo.environment["RECALLBENCH_FUZZ_SECONDS"] == nil ? 11 : 1
    for (index, trial) in trials.enumerated() where index % every == 0 {
      let (status, _, errors) = try sandbox.shell("ulimit -t 20; \"$R\" \(trial); exit $?")
      #expect(status < 128, "\(trial): \(errors)")
    }
  }
}
