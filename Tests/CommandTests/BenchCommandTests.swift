import Foundation
import Models
import Records
import Support
import Testing

/// Shrunken benchmarks: whether they work, not how fast they are.
@Suite struct BenchCommandTests {

  private func lines(_ arguments: String...) throws -> [[String: SettingValue]] {
    try lines(arguments)
  }

  private func lines(_ arguments: [String]) throws -> [[String: SettingValue]] {
    let folder = try RecallProcess(experiment: "")
    defer { folder.remove() }
    let process = try folder.start(["bench", "--json", "--seconds", "0"] + arguments)
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(folder.text("stderr"))")
    return try folder.text("stdout").split(separator: "\n").map {
      try JSONDecoder().decode([String: SettingValue].self, from: Data($0.utf8))
    }
  }

  private func number(_ value: SettingValue?) -> Double? {
    switch value {
    case .int(let value)?: Double(value)
    case .double(let value)?: value
    default: nil
    }
  }

  @Test(arguments: ["attention", "mamba", "ssd"], [1, 2])
  func measuresOneModel(mixer: String, threads: Int) throws {
    let measured = try lines(
      "--mixer", mixer, "--n-layers", "1", "--sequence-length", "32", "--n-pairs", "8",
      "--vocab-size", "64", "--batch", "8", "--threads", "\(threads)")
    let line = try #require(measured.count == 1 ? measured[0] : nil)
    for (key, value) in [
      ("d_model", 64), ("n_layers", 1), ("sequence_length", 32), ("n_pairs", 8),
      ("vocab_size", 64), ("threads", threads), ("batch", 8),
    ] {
      #expect(line[key] == .int(value), "\(key)")
    }
    #expect(line["mixer"] == .string(mixer))
    #expect(line["d_state"] == (mixer == "attention" ? .null : .int(mixer == "ssd" ? 64 : 16)))
    for key in ["sequences_per_second", "gflops", "peak_gflops", "fraction_of_peak"] {
      #expect(try #require(number(line[key])) > 0, "\(key)")
    }
    let rate = try #require(number(line["sequences_per_second"]))
    let tokens = try #require(number(line["tokens_per_second"]))
    #expect(abs(tokens / rate - 32) < 1e-6)
    #if os(Linux)
      #expect(try #require(number(line["peak_memory_mb"])) > 1)
      #expect(try #require(number(line["allocations_per_step"])) == 0)
    #endif
  }

  /// A processor that OpenBLAS does not know gets the kernels of its instruction set. A warning says when the user chose
  /// slower ones, with which the measured peak is too low.
  @Test(.enabled(if: Machine.current.instructionSet.hasPrefix("AVX")))
  func slowKernelsOfOpenBLASAreTheUsersChoice() throws {
    for (core, isWarned) in [("Prescott", true), ("Haswell", false), (nil, false)] {
      let folder = try RecallProcess(
        experiment: "", environment: core.map { ["OPENBLAS_CORETYPE": $0] } ?? [:])
      defer { folder.remove() }
      let (status, text, errors) = try folder.run(
        "bench", "--seconds", "0", "--mixer", "ssd", "--sequence-length", "32", "--vocab-size",
        "64", "--batch", "8")
      #expect(status == 0, "\(errors)")
      if let core { #expect(text.contains("OpenBLAS \(core)")) }
      #expect(text.contains("OpenBLAS Prescott") == isWarned)
      let better = Machine.current.instructionSet == "AVX2" ? "Haswell" : "SkylakeX"
      #expect(text.contains("OPENBLAS_CORETYPE=\(better) in the environment") == isWarned)
    }
  }

  /// Training allocates no heap memory, whatever the shape: most of these numbers are not multiples of a vector's
  /// length.
  @Test(arguments: [
    "attention --d-model 24 --sequence-length 34 --n-pairs 7 --vocab-size 101 --batch 7",
    "attention --d-model 40 --sequence-length 330 --n-pairs 5 --vocab-size 1001 --batch 3",
    "mamba --d-model 20 --d-state 3 --sequence-length 34 --n-pairs 7 --vocab-size 101 --batch 7",
    "mamba --d-model 37 --d-state 17 --sequence-length 66 --n-pairs 1 --vocab-size 99 --batch 1",
    "ssd --d-model 32 --d-state 5 --sequence-length 34 --n-pairs 7 --vocab-size 101 --batch 7",
    "ssd --d-model 96 --d-state 17 --sequence-length 150 --n-pairs 19 --vocab-size 500 --batch 5",
    "ssd --d-model 64 --d-state 40 --sequence-length 80 --n-pairs 20 --vocab-size 84 --batch 9",
    "sliding_window --d-model 24 --window-size 5 --sequence-length 34 --n-pairs 7 --vocab-size 101",
    "linear_attention --d-model 24 --feature-dim 5 --sequence-length 150 --n-pairs 7 --vocab-size 301",
    "linear_attention --d-model 24 --feature-name pos_elu --sequence-length 34 --n-pairs 7",
    "retnet --d-model 24 --num-heads 2 --sequence-length 150 --n-pairs 7 --vocab-size 301",
    "gla --d-model 24 --num-heads 3 --sequence-length 150 --n-pairs 7 --vocab-size 301",
    "deltanet --d-model 24 --num-heads 3 --use-gate true --sequence-length 150 --n-pairs 7",
    "gated_deltanet --d-model 24 --num-heads 3 --sequence-length 150 --n-pairs 7 --vocab-size 301",
    "kda --d-model 24 --num-heads 3 --sequence-length 150 --n-pairs 7 --vocab-size 301",
    "rwkv7 --d-model 24 --head-dim 12 --sequence-length 150 --n-pairs 7 --vocab-size 301",
    "base_conv --d-model 20 --sequence-length 34 --n-pairs 7 --vocab-size 101 --batch 7",
    "base_conv --d-model 20 --kernel-size -1 --sequence-length 34 --n-pairs 7 --vocab-size 101",
    "hyena --d-model 20 --sequence-length 34 --n-pairs 7 --vocab-size 101 --batch 7",
    "h3 --d-model 20 --d-state 6 --sequence-length 34 --n-pairs 7 --vocab-size 101 --batch 7",
    "hydra --d-model 32 --d-state 5 --sequence-length 150 --n-pairs 7 --vocab-size 301",
    "bidirectional_ssd --d-model 32 --d-state 5 --combine concat --sequence-length 34 --n-pairs 7",
    "bidirectional_ssd --d-model 32 --d-state 5 --combine multiply --sequence-length 34 --n-pairs 7",
    "quasiseparable --d-model 64 --data-dependent false --sequence-length 34 --n-pairs 7",
    "low_rank --d-model 64 --qk-dim 5 --sequence-length 150 --n-pairs 7 --vocab-size 301",
    "matrix_attention --d-model 64 --qk-dim 5 --sequence-length 150 --n-pairs 7 --vocab-size 301",
    "toeplitz --d-model 64 --sequence-length 34 --n-pairs 7 --vocab-size 101",
    "cauchy --d-model 64 --qk-dim 5 --sequence-length 34 --n-pairs 7 --vocab-size 101",
    "vandermonde --d-model 64 --qk-dim 5 --sequence-length 34 --n-pairs 7 --vocab-size 101",
    "dense --d-model 64 --sequence-length 34 --n-pairs 7 --vocab-size 101",
    "attention --d-model 20 --mlp swiglu --sequence-length 34 --n-pairs 7 --vocab-size 101",
    "mamba --d-model 20 --mlp monarch_glu --sequence-length 34 --n-pairs 7 --vocab-size 101",
  ])
  func allocatesNothingAtAnyShape(_ shape: String) throws {
    let arguments =
      ["--n-layers", "1", "--threads", "2", "--mixer"]
      + shape.split(separator: " ").map(String.init)
    let line = try #require(try lines(arguments).first)
    #if os(Linux)
      #expect(try #require(number(line["allocations_per_step"])) == 0)
    #endif
  }

  /// The gradient in bfloat16 is near the one in float32, but not the same.
  @Test func bfloat16() throws {
    let model = [
      "--mixer", "ssd", "--n-layers", "1", "--sequence-length", "32", "--n-pairs", "4",
      "--vocab-size", "64",
    ]
    let line = try #require(try lines(model + ["--precision", "bf16"]).first)
    #expect(line["precision"] == "bf16")
    #expect((1e-4...0.1).contains(try #require(number(line["gradient_error"]))))
    #if os(Linux)
      #expect(try #require(number(line["allocations_per_step"])) == 0)
    #endif
    let plain = try #require(try lines(model).first)
    #expect(plain["precision"] == "float32" && plain["gradient_error"] == .null)
  }

  /// The output for people.
  @Test func measurementsAsText() throws {
    let folder = try RecallProcess(experiment: "")
    defer { folder.remove() }
    let (status, output, errors) = try folder.run(
      "bench", "--batch", "1", "--seconds", "0", "--mixer", "ssd", "--sequence-length", "64",
      "--vocab-size", "128")
    #expect(status == 0, "\(errors)")
    let row = try #require(output.split(separator: "\n").first { $0.hasPrefix("ssd ") })
    #expect(output.contains("of peak") && output.contains("heap allocations"))
    let cells = row.split(separator: " ")
    #expect(cells.count == 13 && cells.contains("%") && cells.last == "0", "\(row)")
  }

  /// Each in a process of its own.
  @Test func theUsualModelsAreMeasured() throws {
    let models = try lines(
      "--batch", "1", "--sequence-length", "32", "--n-pairs", "4", "--vocab-size", "64")
    #expect(models.count > MixerCatalog.builtIn.count)
    for (key, value) in [
      ("batch", 1), ("sequence_length", 32), ("n_pairs", 4), ("vocab_size", 64),
    ] {
      #expect(models.allSatisfy { $0[key] == .int(value) }, "\(key)")
    }
    // Every kind of mixer has a row.
    let kinds = models.compactMap { $0["mixer"] }
    #expect(MixerCatalog.builtIn.allSatisfy { kinds.contains(.string($0.kind)) })
  }

  @Test func operationsAsText() throws {
    let folder = try RecallProcess(experiment: "")
    defer { folder.remove() }
    let (status, output, errors) = try folder.run("bench", "--operations", "--seconds", "0")
    #expect(status == 0, "\(errors)")
    // Limits far from where the other would bind on any processor.
    for (name, limit) in [
      ("linear 64→192", "arithmetic"), ("selective scan, N 16", ""),
      ("4 shards' gradients", "memory"),
    ] {
      let row = try #require(output.split(separator: "\n").first { $0.hasPrefix(name) })
      #expect(row.hasSuffix(limit), "\(row)")
    }
  }

  @Test func measuresOperationsByName() throws {
    let names = try lines("--operations", "ssd", "AdamW").compactMap { $0["operation"]?.plainText }
    #expect(
      names == ["SSD, N 64, L 1024", "SSD, N 256, L 1024", "SSD, N 16, L 64", "clipping and AdamW"])
  }

  /// The words of a name need no quotation marks, and what is said below the rows is of them alone.
  @Test func operationsByNameAsText() throws {
    let folder = try RecallProcess(experiment: "")
    defer { folder.remove() }
    func text(_ words: String...) throws -> String {
      try folder.run(["bench", "--operations"] + words + ["--seconds", "0"]).output
    }
    let one = try text("SSD,", "N", "16")
    #expect(one.contains("SSD, N 16") && !one.contains("SSD, N 64") && !one.contains("scan"))
    #expect(!one.contains("whole step") && !one.contains("Cross-entropy"))
    #expect(try text("adamw").contains("whole step"))
  }

  @Test func measuresOperations() throws {
    let operations = try lines("--operations")
    #expect(operations.count >= 10)
    for line in operations {
      #expect(try #require(number(line["forward_us"])) > 0)
      #expect(try #require(number(line["fraction_of_roofline"])) > 0)
      func value(_ key: String) throws -> Double { try #require(number(line[key]), "\(key)") }
      // In nanoseconds: products and exponentials one after the other, or memory.
      let arithmetic =
        try 2 * value("multiply_adds") / value("peak_gflops")
        + value("exponentials") * value("exponential_ns")
      let least = try max(arithmetic, value("bytes") / value("memory_gb_per_second"))
      let time = try 1000 * (value("forward_us") + value("backward_us"))
      #expect(try abs(value("fraction_of_roofline") - least / time) <= 1e-6 * least / time)
      let limit = try #require(line["limit"])
      #expect(["arithmetic", "exponentials", "memory"].contains(limit.plainText))
    }
  }

  @Test(arguments: [
    (["--d-state", "8"], "--d-state needs --mixer"), (["--mixer", "rnn"], "attention, mamba, ssd"),
    (["--mixer", "ssd", "--d-state", "0"], "1 to 65536"),
    (["--mixer", "ssd", "--threads", "0"], "--threads must be from 1 to 1024"),
    (["--mixer", "ssd", "--threads", "1025"], "--threads must be from 1 to 1024"),
    (["--threads", "0"], "--threads must be from 1 to 1024"),
    (["--seconds", "inf"], "--seconds must be from 0 to 86400"),
    (["--seconds", "nan"], "--seconds must be from 0 to 86400"),
    (["--mixer", "ssd", "--seconds=-1"], "--seconds must be from 0 to 86400"),
    (["--mixer", "ssd", "--batch", "0"], "1 to 16384"),
    (["--mixer", "ssd", "--batch", "16385"], "1 to 16384"),
    (["--mixer", "ssd", "--batch", "\(Int.max)"], "1 to 16384"),
    (["--mixer", "ssd", "--d-model", "\(Int.max)"], "1 to 65536"),
    (["--mixer", "mamba", "--d-state", "\(Int.max)"], "1 to 65536"),
    (
      ["--mixer", "ssd", "--d-model", "33"], "d_model: 33 is not allowed; allowed: multiples of 32"
    ),
    (["--mixer", "ssd", "--n-layers", "100000"], "1 to 1024"),
    (["--mixer", "mamba", "--sequence-length", "\(Int.max)"], "4 to 16777216"),
    (["--mixer", "ssd", "--vocab-size", "\(Int.max)"], "at most 2147483647"),
    (["--mixer", "attention", "--d-model", "65536", "--n-layers", "1024"], "this machine's"),
    (
      [
        "--mixer", "ssd", "--d-model", "64", "--d-state", "65536", "--sequence-length", "4194304",
        "--vocab-size", "5000000",
      ], "this machine's"
    ),
    (["--mixer", "ssd", "--sequence-length", "0"], "4 to 16777216"),
    (["--mixer", "ssd", "--n-pairs", "999"], "= 256"),
    (["--mixer", "ssd", "--operations"], "one of --operations and --mixer"),
    (["--n-pairs", "4", "--operations"], "leave --n-pairs out"),
    (["--operations", "ssd", "rnn"], "no operation has rnn in its name; allowed: parts of linear"),
  ])
  func saysWhatIsAllowed(arguments: [String], message: String) throws {
    let folder = try RecallProcess(experiment: "")
    defer { folder.remove() }
    let process = try folder.start(["bench"] + arguments)
    process.waitUntilExit()
    #expect(process.terminationStatus == 2)
    #expect(folder.text("stderr").contains(message), "\(folder.text("stderr"))")
    #expect(folder.text("stdout").isEmpty)
  }
}
