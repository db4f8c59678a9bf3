import Foundation
import Storage
import Support
import Testing

/// `recall matrix` on the checkpoints of the public implementations, and on wrong input.
@Suite struct MatrixCommandTests {
  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "ModelsTests/Fixtures")

  private static func arguments(_ model: String, _ others: [String] = []) -> [String] {
    func path(_ name: String) -> String { fixtures.appending(path: name).path }
    return [
      "matrix", path("\(model).json"), "--weights", path("\(model).weights.safetensors"),
      "--data", path("\(model).data.safetensors"),
    ] + others
  }

  private func values(_ output: String) throws -> [String: SettingValue] {
    try JSONDecoder().decode([String: SettingValue].self, from: Data(output.utf8))
  }

  @Test(arguments: ["attention", "ssd"])
  func writesMatrixPicturesAndRanks(_ model: String) throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    let (status, output, errors) = try sandbox.run(
      Self.arguments(model, ["--output", "m", "--json", "--layer", "1", "--example", "2"]))
    #expect(status == 0, "\(errors)")
    let values = try values(output)
    #expect(values["kind"] == .string(model) && values["layer"] == 1 && values["example"] == 2)
    guard case .int(let length)? = values["length"] else {
      Issue.record("\(output)")
      return
    }
    let file = try SafetensorsFile(contentsOf: sandbox.folder.appending(path: "m.safetensors"))
    #expect(try file.tensor("matrix").shape == [length, length])
    #expect(try file.tensor("lower").shape == [min(length / 2, length - length / 2)])
    let matrix = try file.floats("matrix")
    // Causal; attention's rows are probabilities.
    for row in 0..<length {
      let cells = matrix[row * length..<(row + 1) * length]
      #expect(cells.dropFirst(row + 1).allSatisfy { $0 == 0 })
      if model == "attention" { #expect(abs(cells.reduce(0, +) - 1) < 1e-5) }
    }
    for name in ["m.png", "m.svg", "m.carried.png", "m.carried.svg"] {
      #expect(FileManager.default.fileExists(atPath: sandbox.folder.appending(path: name).path))
    }
    let text = try sandbox.run(Self.arguments(model, ["--output", "m"]))
    #expect(text.status == 0 && text.output.contains("structural (1e-12)"), "\(text.output)")
    #expect(text.output.contains("chart: ./m.svg"))
  }

  @Test(
    arguments: [
      (["--layer", "9"], "--layer: 9", "0 to"), (["--layer", "-1"], "--layer: -1", "0 to"),
      (["--head", "99"], "--head: 99", "0 to"), (["--example", "3"], "--example: 3", "0 to 2"),
      (["--example", "-1"], "--example: -1", "0 to 2"), (["--cut", "0"], "--cut: 0", "1 to"),
      (["--cut", "99999"], "--cut: 99999", "1 to"),
      (["--weights", "none.safetensors"], "none.safetensors", "cannot read"),
      (["--output", "none/m"], "--output: none/m", "in a folder that exists"),
      (["--data", "none.safetensors"], "none.safetensors", "cannot read"),
    ] as [([String], String, String)])
  func wrongOptionsAreRefused(options: [String], place: String, allowed: String) throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    let (status, output, errors) = try sandbox.run(Self.arguments("ssd", options + ["--json"]))
    #expect(status == 2 && output.isEmpty, "\(status) \(output)")
    #expect(errors.contains(place) && errors.contains(allowed), "\(errors)")
  }

  /// The names of files that are read, and names that are none.
  @Test func nothingThatIsReadIsOverwritten() throws {
    let sandbox = try CommandSample.copy()
    defer { sandbox.remove() }
    let inputs = ["D/weights.safetensors", "D/data.safetensors"]
    let before = try inputs.map { try Data(contentsOf: sandbox.folder.appending(path: $0)) }
    let read = "D/record.json --weights D/weights.safetensors --data D/data.safetensors"
    for (command, place) in [
      ("matrix \(read) --output D/weights", "D/weights.safetensors"),
      ("matrix \(read) --output ./D/../D/data", "D/data.safetensors"),
      ("evaluate \(read) --output D/weights.safetensors", "D/weights.safetensors"),
      ("evaluate \(read) --output D/record.json", "D/record.json"),
      ("matrix \(read) --output ''", "''"), ("matrix \(read) --output D/", "'D/'"),
      ("evaluate \(read) --output ..", "'..'"),
      ("score D/data.safetensors --predictions D/logits.safetensors --chart ''", "''"),
      ("report D/tiny.yaml --runs D/runs --output ''", "''"),
    ] {
      let (status, _, errors) = try sandbox.shell("\"$R\" \(command)")
      #expect(status == 2 && errors.contains(place), "\(command): \(status) \(errors)")
    }
    for (name, data) in zip(inputs, before) {
      #expect(try Data(contentsOf: sandbox.folder.appending(path: name)) == data)
    }
  }

  /// A model, weights and data with the names of pictures.
  @Test func picturesDoNotReplaceWhatIsRead() throws {
    let sandbox = try CommandSample.copy()
    defer { sandbox.remove() }
    let names = ["m.svg", "w.png", "d.carried.svg", "w.errors.svg"]
    let script = """
      cp D/record.json m.svg; cp D/weights.safetensors w.png; cp D/data.safetensors d.carried.svg
      cp D/record.json w.errors.svg
      """
    #expect(try sandbox.shell(script).status == 0)
    let before = try names.map { try Data(contentsOf: sandbox.folder.appending(path: $0)) }
    let read = "m.svg --weights w.png --data d.carried.svg"
    for command in [
      "matrix \(read) -o m", "matrix \(read) -o w", "matrix \(read) -o d",
      "evaluate w.errors.svg --weights w.png --data d.carried.svg --errors",
      "score d.carried.svg --predictions D/logits.safetensors --chart d.carried",
    ] {
      let (status, _, errors) = try sandbox.shell("\"$R\" \(command)")
      #expect(status == 2 && errors.contains("which is read"), "\(command): \(status) \(errors)")
    }
    for (name, data) in zip(names, before) {
      #expect(try Data(contentsOf: sandbox.folder.appending(path: name)) == data, "\(name)")
    }
  }

  /// What `recall matrix` says of a fixture's weights of which these tensors are NaN.
  private func error(
    _ model: String, notANumber: (String) -> Bool
  ) throws -> (status: Int32, errors: String) {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    var arguments = Self.arguments(model)
    var data = try Data(contentsOf: URL(filePath: arguments[3]))
    let header =
      8 + data.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
    let tensors = try #require(
      JSONSerialization.jsonObject(with: data[8..<header]) as? [String: Any])
    let chosen = tensors.filter { $0.key != "__metadata__" && notANumber($0.key) }
    try #require(!chosen.isEmpty)
    for tensor in chosen.values {
      let offsets = try #require((tensor as? [String: Any])?["data_offsets"] as? [Int])
      data.replaceSubrange(
        header + offsets[0]..<header + offsets[1],
        with: Data(repeating: 0xFF, count: offsets[1] - offsets[0]))
    }
    let weights = sandbox.folder.appending(path: "nan.safetensors")
    try data.write(to: weights)
    arguments[3] = weights.path
    let (status, _, errors) = try sandbox.run(arguments)
    return (status, errors)
  }

  @Test func weightsThatAreNoNumbersAreLocated() throws {
    let (status, errors) = try error("ssd") { _ in true }
    #expect(status == 2 && errors.contains("layer 0, head 0["), "\(errors)")
    #expect(errors.contains("nan is not allowed; allowed: finite numbers"), "\(errors)")
  }

  /// A diagonal is in neither block of a cut.
  @Test func aDiagonalThatIsNoNumberIsLocated() throws {
    let (status, errors) = try error("hydra") { $0.hasSuffix("layers.0.mixer.D") }
    #expect(status == 2 && errors.contains("layer 0, head 0[0, 0]"), "\(status) \(errors)")
  }

  /// A record that was changed is not read as if it were the run's.
  @Test func aChangedRecordIsRefused() throws {
    let sandbox = try CommandSample.copy()
    defer { sandbox.remove() }
    let url = sandbox.folder.appending(path: "D/record.json")
    let text = try String(contentsOf: url, encoding: .utf8)
    try text.replacing("\"n_pairs\" : 2", with: "\"n_pairs\" : 4").write(
      to: url, atomically: true, encoding: .utf8)
    for command in ["matrix", "evaluate"] {
      let (status, _, errors) = try sandbox.shell(
        "\"$R\" \(command) D/record.json --weights D/weights.safetensors --data D/data.safetensors")
      #expect(status == 2 && errors.contains("checksum"), "\(command): \(status) \(errors)")
    }
  }

  @Test func unknownModelsAreNamed() throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    let hash = try sandbox.run(["matrix", "0123456789abcdef"])
    #expect(hash.status == 2 && hash.errors.contains("the hash of a run"), "\(hash.errors)")
    let model = sandbox.folder.appending(path: "model.json").path
    try FileManager.default.copyItem(
      at: Self.fixtures.appending(path: "ssd.json"), to: URL(filePath: model))
    let bare = try sandbox.run(["matrix", "model.json"])
    #expect(bare.status == 2 && bare.errors.contains("--weights"), "\(bare.errors)")
    let noData = try sandbox.run([
      "matrix", model, "--weights", Self.fixtures.appending(path: "ssd.weights.safetensors").path,
    ])
    #expect(noData.status == 2 && noData.errors.contains("--data"), "\(noData.errors)")
  }
}
