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

/// A library that other packages use.
func product(_ name: String) -> Product { .library(name: name, targets: [name, "Support"]) }

let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "RecallBench",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "recall", targets: ["recall"]),
    // Every product has the settings and random streams that its signatures name.
    product("RecallTasks"), product("Models"), product("Training"), product("Capacity"),
    product("RecallCommands"),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
    .target(
      name: "CKernels", exclude: ["bodies"],
      cSettings: [.unsafeFlags(["-O2"], .when(configuration: .debug))]),
    .target(
      name: "CGnuplot",
      linkerSettings: [
        .linkedLibrary("boost_iostreams"), .linkedLibrary("boost_filesystem"),
        .linkedLibrary("boost_system"),
      ]),

    .target(name: "CMemory"),
    // Only the program links it: it replaces malloc by functions that count.
    .target(name: "CAllocationCount"),

    library("Support", [yams]),
    library("Storage"),
    library("Kernels", ["CKernels", "COpenBLAS"]),
    library("Autodiff", ["CMemory", "Kernels", "Support"]),
    library("Models", ["Autodiff", "Storage", "Support"]),
    library("RecallTasks", ["CMemory", "Storage", "Support"]),
    library("Capacity", ["Autodiff", "Models", "RecallTasks", "Support"]),
    library(
      "Training", ["Autodiff", "Kernels", "Models", "RecallTasks", "Storage", "Support"]),
    library(
      "Benchmarks",
      ["Autodiff", "CMemory", "Kernels", "Models", "RecallTasks", "Support", "Training"]),
    library(
      "Experiments",
      [
        "Benchmarks", "Capacity", "Kernels", "Models", "PlotFiles", "RecallTasks", "Storage",
        "Support", "Training",
      ]),
    // The scripts and tables that a program needs travel with it.
    .target(
      name: "PlotFiles", path: "plots", exclude: ["published"],
      resources: ([
        "accuracy-against-bits.gp", "accuracy-against-length.gp", "accuracy-against-state.gp",
        "capacity-curve.gp", "cost-frontier.gp", "error-heatmap.gp", "iso-capacity.gp",
        "learning-rates.gp", "training.gp", "parts", "tables",
      ] as [String]).map { .copy($0) }, swiftSettings: strict),
    library("Charts", ["CGnuplot", "PlotFiles"]),
    library("Reports", ["Charts", "Experiments", "RecallTasks", "Storage", "Support", "Training"]),
    library(
      "RecallCommands",
      [
        "Benchmarks", "Capacity", "Charts", "Experiments", "PlotFiles", "Reports", "Training",
        arguments,
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
    tests("Support", ["Support"]),
    tests("RecallTasks", ["RecallTasks", "Storage", "Support"]),
    tests("Models", ["Models", "Training"], resources: [.copy("Fixtures")]),
    tests("Capacity", ["Autodiff", "Capacity", "Models", "RecallTasks", "Support"]),
    tests("Benchmarks", ["Benchmarks", "Models", "RecallTasks", "Support"]),
    tests("Training", ["Autodiff", "Models", "RecallTasks", "Support", "Training"]),
    tests(
      "Experiments", ["Experiments", "Models", "RecallTasks", "Storage", "Support", "Training"]),
    tests("Charts", ["Charts", "PlotFiles"]),
    tests("Reports", ["Charts", "Experiments", "PlotFiles", "Reports", "Support", "Training"]),
    tests("Command", ["Experiments", "RecallTasks", "Storage", "Support"]),
    tests("Fuzz", ["Experiments", "RecallTasks", "Storage", "Support", "Training"]),
  ],
  cxxLanguageStandard: .cxx17
)

// `.ci/run` builds the tests that sanitizers need, and nothing else: "Kernels Storage" for these two targets.
if let names = Context.environment["RECALLBENCH_TEST_TARGETS"]?.split(separator: " ") {
  package.targets.removeAll { target in
    target.isTest && !names.contains { target.name == "\($0)Tests" }
  }
}
