// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// A library target of the package; `Tests/NAMETests` tests it.
func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [])
  -> Target
{
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies, resources: resources, swiftSettings: strict)
}

/// A library that other packages use, with the targets whose types stand in its signatures.
func product(_ name: String, _ others: String...) -> Product {
  .library(name: name, targets: [name, "Support"] + others)
}

let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "RecallBench",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "recall", targets: ["recall"]),
    product("RecallTasks"), product("Models", "Autodiff"), product("Training"),
    product("Capacity"), product("RecallCommands"),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    // No target needs it: it makes the documentation, and packages that depend on this one do not fetch it.
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"),
  ],
  targets: [
    // Loads OpenBLAS when a program first multiplies matrices.
    .target(
      name: "COpenBLAS",
      linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
    .target(name: "CKernels", exclude: ["bodies"]),
    .target(
      name: "CGnuplot",
      linkerSettings: [
        .linkedLibrary("boost_iostreams"), .linkedLibrary("boost_filesystem"),
        .linkedLibrary("boost_system"),
      ]),

    .target(name: "CMemory"),
    // Only the program links it: it replaces malloc by functions that count.
    .target(name: "CAllocationCount"),

    library("Support"),
    // Apart from Support, on which everything waits: Yams takes long to build.
    library("YAML", ["Support", yams]),
    library("Storage", ["Support"]),
    library("Kernels", ["CKernels", "CMemory", "COpenBLAS"]),
    library("Autodiff", ["CMemory", "Kernels", "Support"]),
    library("Models", ["Autodiff", "Storage", "Support", "YAML"]),
    library("RecallTasks", ["CMemory", "Storage", "Support"]),
    library("Capacity", ["Autodiff", "Kernels", "Models", "RecallTasks", "Support"]),
    library(
      "Training", ["Autodiff", "Kernels", "Models", "RecallTasks", "Storage", "Support"]),
    library(
      "Benchmarks",
      ["Autodiff", "CMemory", "Kernels", "Models", "RecallTasks", "Support", "Training"]),
    library(
      "Experiments", ["Capacity", "Models", "RecallTasks", "Support", "Training", "YAML"]),
    library(
      "Records",
      [
        "Capacity", "Experiments", "Kernels", "Models", "RecallTasks", "Storage", "Support",
        "Training",
      ]),
    library(
      "Results",
      [
        "Capacity", "Experiments", "Models", "PlotFiles", "RecallTasks", "Records", "Storage",
        "Support", "Training",
      ]),
    // A target names also those whose types it gets through others: after a change of their layout it is built anew.
    library(
      "Scheduling",
      [
        "Autodiff", "Benchmarks", "Capacity", "Experiments", "Models", "RecallTasks", "Records",
        "Results", "Storage", "Support", "Training",
      ]),
    // The scripts and tables that a program needs travel with it.
    .target(
      name: "PlotFiles", path: "plots", exclude: ["published"],
      resources: ([
        "accuracy-against-bits.gp", "accuracy-against-length.gp", "accuracy-against-rank.gp",
        "accuracy-against-state.gp", "accuracy-against-steps.gp", "capacity-curve.gp", "carried.gp",
        "cost-frontier.gp",
        "error-heatmap.gp", "iso-capacity.gp", "learning-rates.gp", "matrix.gp", "state-error.gp",
        "training.gp",
        "parts", "tables",
      ] as [String]).map { .copy($0) }, swiftSettings: strict),
    library("Charts", ["CGnuplot", "PlotFiles", "Support"]),
    library(
      "Reports",
      [
        "Capacity", "Charts", "Experiments", "Models", "RecallTasks", "Records", "Results",
        "Storage", "Support", "Training",
      ]),
    // Text of what is planned, runs or is measured.
    library(
      "ProgressReports",
      [
        "Benchmarks", "Experiments", "Models", "RecallTasks", "Records", "Results", "Scheduling",
        "Support", "Training",
      ]),
    library(
      "RecallCommands",
      [
        "Benchmarks", "Capacity", "Charts", "Experiments", "Models", "PlotFiles", "RecallTasks",
        "ProgressReports", "Records", "Reports", "Results", "Scheduling", "Storage", "Support",
        "Training", arguments,
      ]),
    .executableTarget(
      name: "recall", dependencies: ["Benchmarks", "CAllocationCount", "RecallCommands"],
      swiftSettings: strict),

    .target(
      name: "KernelTwins", dependencies: ["Kernels"], path: "Tests/Support/KernelTwins",
      swiftSettings: strict),
    tests("Kernels", ["KernelTwins", "Kernels", "Support"]),
    tests("Autodiff", ["Autodiff", "KernelTwins", "Kernels", "Support"]),
    tests("Storage", ["Storage"]),
    tests("Support", ["Support", "YAML"]),
    tests("RecallTasks", ["RecallTasks", "Storage", "Support"]),
    tests("Models", ["Models", "RecallTasks", "Training"], resources: [.copy("Fixtures")]),
    tests("Capacity", ["Autodiff", "Capacity", "Models", "RecallTasks", "Support"]),
    tests("Benchmarks", ["Benchmarks", "Models", "RecallTasks", "Support"]),
    tests(
      "Training",
      ["Autodiff", "Kernels", "Models", "RecallTasks", "Storage", "Support", "Training"]),
    // Experiments and records that several suites use.
    .target(
      name: "ExperimentSamples", dependencies: ["Experiments", "Records", "Training"],
      path: "Tests/Support/ExperimentSamples", swiftSettings: strict),
    tests(
      "Experiments",
      [
        "Autodiff", "Capacity", "ExperimentSamples", "Experiments", "Models", "RecallTasks",
        "Support", "Training",
      ]),
    tests(
      "Records",
      [
        "ExperimentSamples", "Experiments", "Models", "RecallTasks", "Records", "Storage",
        "Support", "Training",
      ], resources: [.copy("DefaultsForEver.json")]),
    tests(
      "Results",
      [
        "Capacity", "ExperimentSamples", "Experiments", "PlotFiles", "RecallTasks", "Records",
        "Reports", "Results", "Storage", "Support", "Training",
      ]),
    tests(
      "Scheduling",
      [
        "Benchmarks", "ExperimentSamples", "Experiments", "ProgressReports", "Records", "Reports",
        "Results", "Scheduling", "Storage", "Training",
      ]),
    tests("Charts", ["Charts", "PlotFiles"]),
    tests(
      "Reports",
      [
        "Capacity", "Charts", "ExperimentSamples", "Experiments", "PlotFiles", "ProgressReports",
        "RecallTasks", "Records", "Reports", "Results", "Scheduling", "Support", "Training",
      ]),
    // Files with faults, for readers and for the program.
    .target(
      name: "FileMutations", dependencies: ["Support"], path: "Tests/Support/FileMutations",
      swiftSettings: strict),
    tests(
      "Command", ["FileMutations", "Models", "RecallTasks", "Records", "Storage", "Support"]),
    tests(
      "Fuzz",
      [
        "Experiments", "FileMutations", "RecallTasks", "Records", "Reports", "Results", "Storage",
        "Support",
        "Training", "YAML",
      ]),
  ],
  cxxLanguageStandard: .cxx17
)

// `.ci/sanitize` builds the tests that it runs, and nothing else: "Kernels Storage" for these two targets.
if let names = Context.environment["RECALLBENCH_TEST_TARGETS"]?.split(separator: " ") {
  package.targets.removeAll { target in
    target.isTest && !names.contains { target.name == "\($0)Tests" }
  }
}
