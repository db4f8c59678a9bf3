// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "own-mixer",
  platforms: [.macOS(.v15)],
  // In a package outside of RecallBench's repository: .package(url: "URL", branch: "main").
  dependencies: [.package(name: "RecallBench", path: "../..")],
  targets: [
    .executableTarget(
      name: "own-recall",
      dependencies: [
        .product(name: "Models", package: "RecallBench"),
        .product(name: "RecallTasks", package: "RecallBench"),
        .product(name: "RecallCommands", package: "RecallBench"),
      ])
  ])
