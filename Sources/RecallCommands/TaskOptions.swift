import ArgumentParser
import Experiments
import RecallTasks
import Reports
import Support

/// A task whose keys are given as options: `mqar --n-pairs 64 --random-filler`.
struct TaskOptions {
  /// The valid task.
  let task: TaskConfiguration

  /// - Parameters:
  ///   - arguments: the arguments that the command itself does not know: the task, then options.
  ///   - own: the command's own options; the error of a misspelt option names the nearest one.
  init(_ arguments: [String], own: [String]) throws {
    guard let kind = arguments.first else {
      throw SettingsError(
        missing: "TASK", allowed: TaskCatalog.kinds.joined(separator: ", "))
    }
    guard !kind.hasPrefix("-") else {
      throw SettingsError("TASK", kind, allowed: "a task, before its options")
    }
    let defaults = try Self.defaults(of: kind)
    let options = try KeyOptions(arguments.dropFirst(), key: defaults.help(of:)) {
      Self.unknown($0, defaults, own: own)
    }
    guard options.others.isEmpty else { throw Self.unknown(options.others[0], defaults, own: own) }
    let values = options.values.merging(["kind": .string(type(of: defaults).kind)]) { $1 }
    do {
      task = try TaskConfiguration(values)
      try task.validate()
    } catch {
      throw SettingsError(KeyOptions.option(error.key), error.value, allowed: error.allowed)
    }
  }

  /// The task of a name, written with hyphens or as in YAML.
  static func defaults(of kind: String) throws -> any RecallTask {
    do {
      return try TaskCatalog.task(kind.replacing("-", with: "_")).init()
    } catch {
      throw SettingsError("TASK", kind, allowed: error.allowed)
    }
  }

  private static func unknown(
    _ option: String, _ task: any RecallTask, own: [String]
  ) -> SettingsError {
    let options = task.help.map(\.option)
    let nearest = KeyOptions.nearestText(to: option, in: options + own)
    return SettingsError(
      "option", option, allowed: "a known one\(nearest)\n\(task.optionsText)")
  }
}

/// A command on one task: its arguments are the task's name and keys beside its own.
protocol TaskCommand: ParsableCommand {
  var arguments: [String] { get }
  var wantsHelp: Bool { get }
  func run(_ task: TaskConfiguration) throws
}

extension TaskCommand {
  func run() throws {
    if wantsHelp {
      try Terminal.print(Self.helpMessage())
      if let kind = arguments.first {
        try Terminal.print("\n" + TaskOptions.defaults(of: kind).optionsText)
      }
      return
    }
    try run(TaskOptions(arguments, own: Self.ownOptions).task)
  }
}

extension ParsableCommand {
  /// The options in the command's help.
  static var ownOptions: [String] {
    helpMessage().matches(of: /--[a-z-]+/).map { String($0.output) }
  }
}
