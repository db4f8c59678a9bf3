import Experiments
import Models
import Support

/// Keys that are given as options, such as `--n-pairs 64 --random-filler`.
struct KeyOptions {
  /// The values, by the keys' current names.
  private(set) var values: [String: SettingValue] = [:]
  /// The arguments that are neither options nor their values.
  private(set) var others: [String] = []

  /// Throws `SettingsError` for an option without a value or given twice, and what `unknown` gives for an option that
  /// is no key.
  init(
    _ arguments: some Sequence<String>, key: (String) -> SettingHelp?,
    unknown: (String) -> SettingsError
  ) throws {
    var rest = Array(arguments)[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("-") else {
        others.append(argument)
        continue
      }
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let option = String(parts[0])
      guard option.hasPrefix("--"), let key = key(Self.key(option)) else { throw unknown(option) }
      guard values[key.name] == nil else {
        throw SettingsError(option, "a second time", allowed: "once")
      }
      values[key.name] =
        if parts.count == 2 {
          SettingValue(plain: String(parts[1]))
        } else if key.kind == .flag, rest.first?.hasPrefix("-") ?? true {
          true
        } else if let value = rest.popFirst() {
          SettingValue(plain: value)
        } else {
          throw SettingsError(
            missing: "a value of \(option)", allowed: key.allowed ?? key.kind.description)
        }
    }
  }

  static func option(_ key: String) -> String { "--" + key.replacing("_", with: "-") }

  private static func key(_ option: String) -> String {
    String(option.drop { $0 == "-" }).replacing("-", with: "_")
  }

  /// ", the nearest is --OPTION", or nothing where none is near.
  static func nearestText(to option: String, in options: [String]) -> String {
    nearestName(to: key(option), in: options.map(key)).map { ", the nearest is \(self.option($0))" }
      ?? ""
  }
}

/// A model whose keys are given as options beside a command's own, such as `--mixer gla --num-heads 2`.
struct ModelOptions {
  static let help =
    "Keys of the model as options, such as --d-state 64 or --n-layers 4; recall list mixers shows them."

  /// Every key that was given; `kind` is the mixer.
  let values: [String: SettingValue]
  /// nil if none is given or known.
  let mixer: (any MixerSettings.Type)?
  /// The first argument that is no option.
  let file: String?

  /// - Parameters:
  ///   - arguments: the arguments that the command itself does not know.
  ///   - own: the command's own options; the error of a misspelt option names the nearest one.
  init(_ arguments: [String], mixer: String?, own: [String]) throws {
    let types = SettingSections.types(of: "model").map { $0.type.init() }
    let options = try KeyOptions(arguments) { name in
      types.lazy.compactMap { $0.help(of: name) }.first
    } unknown: { option in
      let known = types.flatMap { $0.help.map(\.option) } + own
      return SettingsError(
        "option", option,
        allowed: "a known one\(KeyOptions.nearestText(to: option, in: known))")
    }
    guard options.others.count < 2 else {
      throw SettingsError("argument", options.others[1], allowed: "one FILE, and options")
    }
    guard mixer != ModelConfiguration.hybridKind else {
      throw SettingsError(
        "--mixer", ModelConfiguration.hybridKind,
        allowed: MixerCatalog.kinds.joined(separator: ", ")
          + "; a hybrid is described in a file")
    }
    let kind = mixer?.replacing("-", with: "_")
    var values = options.values
    values["kind"] = kind.map { .string($0) }
    self.mixer = kind.flatMap(MixerCatalog.mixer)
    (self.values, file) = (values, options.others.first)
  }
}
