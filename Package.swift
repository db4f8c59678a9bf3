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

let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "RecallBench",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "recall", targets: ["recall"])],
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
        "Benchmarks", "Capacity", "Kernels", "Models", "RecallTasks", "Storage", "Support",
        "Training",
      ]),
    library("Charts", ["CGnuplot"]),
    library("Reports", ["Charts", "Experiments", "RecallTasks", "Storage", "Support", "Training"]),
    .executableTarget(
      name: "recall",
      dependencies: [
        "Benchmarks", "Capacity", "Experiments", "Charts", "Reports", "Training", arguments,
      ],
      swiftSettings: strict),

    tests("Kernels", ["Kernels", "Support"]),
    tests("Autodiff", ["Autodiff", "Kernels", "Support"]),
    tests("Storage", ["Storage"]),
    tests("Support", ["Support"]),
    tests("RecallTasks", ["RecallTasks", "Storage", "Support"]),
    tests("Models", ["Models"], resources: [.copy("Fixtures")]),
    tests("Capacity", ["Autodiff", "Capacity", "Models", "RecallTasks", "Support"]),
    tests("Training", ["Models", "RecallTasks", "Support", "Training"]),
    tests(
      "Experiments", ["Experiments", "Models", "RecallTasks", "Storage", "Support", "Training"]),
    tests("Charts", ["Charts"]),
    tests("Reports", ["Charts", "Experiments", "Reports", "Support", "Training"]),
    tests("Command", ["Experiments", "RecallTasks", "Storage", "Support"]),
    tests("Fuzz", ["Experiments", "RecallTasks", "Storage", "Support"]),
  ],
  cxxLanguageStandard: .cxx17
)
