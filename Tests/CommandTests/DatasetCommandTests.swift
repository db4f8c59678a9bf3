import Foundation
import Testing

@Suite struct DatasetCommandTests {
  private func withSandbox(_ body: (RecallProcess) throws -> Void) throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    try body(sandbox)
  }

  @Test func optionsAreTheTasksKeys() throws {
    try withSandbox { sandbox throws in
      let shown = try sandbox.run(
        "dataset", "show", "mqar", "--sequence-length", "32", "--n-pairs=4", "--random-filler",
        "--examples", "2", "--filler-avoids-keys", "true", "--split", "validation")
      #expect(shown.status == 0, "\(shown.errors)")
      #expect(
        shown.output.hasPrefix(
          "mqar: filler_avoids_keys true, n_pairs 4, num_passes 1, power_a 0.01, random_filler true, "
            + "sequence_length 32, vocab_size 8192\n"))
      #expect(shown.output.contains("chance 0.00024, "))
      #expect(shown.output.contains("example 1 of validation, seed 0"))
      #expect(!shown.output.contains("\u{1b}"))
      let marks = shown.output.split(separator: "\n").filter { $0.contains("roles") }.joined()
      #expect(
        ["k", "v", "q"].map { mark in marks.split(separator: " ").count { $0 == mark } } == [
          8, 8, 8,
        ])
    }
  }

  @Test(arguments: [
    (
      ["--n-pair", "3"], ["option: --n-pair ", "nearest is --n-pairs", "1 to sequence_length /"]
    ),
    (["--sed", "3"], ["nearest is --seed"]),
    (
      ["--n-pairs", "17"], ["--n-pairs: 17 ", "1 to sequence_length / (2 * (num_passes + 1)) = 16"]
    ),
    (["--n-pairs", "x"], ["--n-pairs: \"x\" ", "an integer"]),
    (["--n-pairs"], ["a value of --n-pairs is missing"]),
    (["--random-filler", "maybe"], ["--random-filler: \"maybe\" ", "true or false"]),
    (
      ["--seed", "-1"],
      ["'-1' is invalid for '--seed", "a whole number, 0 to 18446744073709551615"]
    ),
    (["--seed", "x"], ["'x' is invalid for '--seed", "a whole number"]),
    (["--n-pairs", "-1"], ["--n-pairs: -1 ", "1 to sequence_length"]),
    (["--examples", "-1"], ["--examples must be at least 1"]),
    (["--n-pairs", "3", "--n-pairs", "4"], ["once"]), (["stray"], ["option: stray"]),
    (["--examples", "0"], ["--examples"]), (["--split", "dev"], ["dev", "validation"]),
  ])
  func mistakesAreNamed(_ arguments: [String], _ says: [String]) throws {
    try withSandbox { sandbox throws in
      let process = try sandbox.start(["dataset", "show", "mqar"] + arguments)
      process.waitUntilExit()
      #expect(process.terminationStatus == 2)
      #expect(sandbox.text("stdout") == "")
      for text in says {
        #expect(sandbox.text("stderr").contains(text), "\(sandbox.text("stderr"))")
      }
    }
  }

  @Test func standardOutputGetsTheBytesOfTheFile() throws {
    try withSandbox { sandbox throws in
      let options = ["dataset", "write", "mqar", "--examples", "3000", "--output"]
      let written = try sandbox.run(options + ["f.safetensors"])
      try #require(written.status == 0, "\(written.errors)")
      let (status, _, errors) = try sandbox.run(options + ["-"])
      #expect(status == 0 && errors.contains("standard output: 3000 examples"))
      let bytes = try ["f.safetensors", "stdout"].map {
        try Data(contentsOf: sandbox.folder.appending(path: $0))
      }
      #expect(bytes[0].count > 3000 * 64 * 8 && bytes[0] == bytes[1])
    }
  }

  @Test func verifyTellsWhatTheSolverIsNotAsked() throws {
    try withSandbox { sandbox throws in
      let written = try sandbox.run(
        "dataset", "write", "in_context_recall", "--loss", "all", "--examples", "100", "--output",
        "f.safetensors")
      try #require(written.status == 0, "\(written.errors)")
      let (status, output, _) = try sandbox.run("dataset", "verify", "f.safetensors")
      let solver = try #require(
        output.firstMatch(
          of: /solver     (\d+) of (\d+) labels; (\d+) other labels are next tokens \(loss: all\)/))
      #expect(status == 0 && solver.1 == solver.2)
      #expect(Int(solver.2)! + Int(solver.3)! == 12_700)
    }
  }

  @Test func helpOfATaskListsItsKeys() throws {
    try withSandbox { sandbox throws in
      for command in ["show", "write"] {
        let help = try sandbox.run("dataset", command, "mqar", "--help")
        #expect(help.status == 0)
        for word in [
          "--n-pairs 16", "1 to sequence_length / (2 * (num_passes + 1)) = 16", "--power-a 0.01",
          "--seed",
        ] {
          #expect(help.output.contains(word), "\(word)")
        }
        #expect(try sandbox.run("dataset", command, "-h").output.contains("TASK is one of: "))
      }
    }
  }

  @Test func writesVerifiesAndReplacesOnlyIfForced() throws {
    try withSandbox { sandbox throws in
      let write = [
        "dataset", "write", "mqar", "--sequence-length", "32", "--n-pairs", "4", "--examples",
        "500", "--seed", "7", "--output", "f.safetensors", "--threads",
      ]
      func run(_ arguments: [String]) throws -> (Int32, String, String) {
        let process = try sandbox.start(arguments)
        process.waitUntilExit()
        return (process.terminationStatus, sandbox.text("stdout"), sandbox.text("stderr"))
      }
      let (status, output, errors) = try run(write + ["1"])
      #expect(status == 0, "\(errors)")
      let hash = try #require(output.firstMatch(of: /content hash ([0-9a-f]{16})/)).1
      let file = sandbox.folder.appending(path: "f.safetensors")
      let bytes = try Data(contentsOf: file)

      let refused = try run(write + ["1"])
      #expect(refused.0 == 2 && refused.2.contains("exists; --force replaces it"))
      #expect(try run(write + ["3", "--force"]).0 == 0)
      #expect(try Data(contentsOf: file) == bytes)

      let verified = try run(["dataset", "verify", "f.safetensors"])
      #expect(verified.0 == 0, "\(verified.2)")
      for text in ["solver     2000 of 2000 labels", "the same as train, seed 7", "\(hash)"] {
        #expect(verified.1.contains(text), "\(verified.1)")
      }
      // Another filler token: it is in range, and the solver does not look at it.
      var damaged = bytes
      let length = Int(bytes[0]) + Int(bytes[1]) << 8
      damaged[8 + length + 4 * 31] ^= 1
      try damaged.write(to: file)
      let found = try run(["dataset", "verify", "f.safetensors"])
      #expect(found.0 == 1 && found.1.contains("example 0 is not the one of train, seed 7"))
      // The last label: far out of range.
      damaged[damaged.count - 1] = 0x7F
      try damaged.write(to: file)
      let invalid = try run(["dataset", "verify", "f.safetensors"])
      #expect(invalid.0 == 2 && invalid.1 == "")
      #expect(invalid.2.contains("example 499 at position 31 is not -100 or a token 0 to 8191"))
      #expect(try run(["dataset", "write", "mqar"]).2.contains("--output"))
      #expect(try run(["dataset", "write", "mqar", "--output", "none/a"]).0 == 2)
    }
  }

  @Test func interruptionLeavesNothing() throws {
    try withSandbox { sandbox throws in
      let process = try sandbox.start([
        "dataset", "write", "mqar", "--examples", "100000000", "--output", "f.safetensors",
      ])
      func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: sandbox.folder.path)
      }
      let deadline = Date(timeIntervalSinceNow: 60)
      while try !names().contains(where: { $0.hasSuffix(".partial") }), Date() < deadline {
        usleep(2000)
      }
      kill(process.processIdentifier, SIGINT)
      process.waitUntilExit()
      #expect(process.terminationReason == .exit && process.terminationStatus == 130)
      #expect(try names().sorted() == ["stderr", "stdout", "tasks"])
      #expect(sandbox.text("stderr").isEmpty && sandbox.text("stdout").isEmpty)
    }
  }
}
