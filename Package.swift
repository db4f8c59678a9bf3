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

    library("Configuration", [yams]),
    library("Randomness"),
    library("Storage"),
    library("Kernels", ["CKernels", "COpenBLAS"]),
    library("Autodiff", ["CMemory", "Kernels", "Randomness"]),
    library("Mixers", ["Autodiff", "Configuration", "Storage"]),
    library("RecallTasks", ["CMemory", "Configuration", "Randomness", "Storage"]),
    library("Capacity", ["Autodiff", "Configuration", "Mixers", "Randomness", "RecallTasks"]),
    library(
      "Experiments",
      [
        "CMemory", "Capacity", "Configuration", "Kernels", "Mixers", "RecallTasks", "Storage",
      ]),
    library("Charts", ["CGnuplot"]),
    library("Reports", ["Charts", "Configuration", "Experiments", "RecallTasks", "Storage"]),
    .executableTarget(
      name: "recall", dependencies: ["Capacity", "Experiments", "Charts", "Reports", arguments],
      swiftSettings: strict),

    tests("Kernels", ["Kernels", "Randomness"]),
    tests("Autodiff", ["Autodiff", "Kernels", "Randomness"]),
    tests("Storage", ["Storage"]),
    tests("Configuration", ["Configuration"]),
    tests("RecallTasks", ["RecallTasks", "Configuration", "Randomness", "Storage"]),
    tests("Mixers", ["Mixers"], resources: [.copy("Fixtures")]),
    tests(
      "Capacity", ["Autodiff", "Capacity", "Configuration", "Mixers", "Randomness", "RecallTasks"]),
    tests("Experiments", ["Configuration", "Experiments", "RecallTasks", "Storage"]),
    tests("Charts", ["Charts"]),
    tests("Reports", ["Charts", "Configuration", "Experiments", "Reports"]),
    tests("Command", ["Configuration", "Experiments", "RecallTasks", "Storage"]),
    tests("Fuzz", ["Configuration", "Experiments", "Randomness", "RecallTasks", "Storage"]),
  ],
  cxxLanguageStandard: .cxx17
)
