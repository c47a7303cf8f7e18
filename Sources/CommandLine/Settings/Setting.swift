/// A setting of the daemon: one row of the table that flags, environment variables, keys of the file, help and
/// documents are made of.
struct Setting: Sendable {
    /// The key in the file, such as `max_queue`.
    let name: String
    /// What it is, in whole sentences.
    let help: String
    /// What may be given, in a few words.
    let values: String
    /// Everything that may be given, where that is a short list.
    let choices: [String]
    /// Whether several values may be given.
    let isList: Bool
    /// Reads a value into a configuration.
    let read: @Sendable (String, inout DaemonConfiguration) throws(InvalidValue) -> Void
    /// Writes a configuration's value.
    let write: @Sendable (DaemonConfiguration) -> String
    /// The other setting that it may not contradict, if there is one.
    let bound: Bound?

    /// A bound that another setting sets.
    struct Bound: Sendable {
        /// Name of the other setting.
        let other: String
        /// Makes the value keep the bound, and tells whether it did not.
        let fit: @Sendable (inout DaemonConfiguration) -> Excess?
    }

    /// What a value had to give way to, in words: `is more than max_drawings, 8`.
    typealias Excess = InvalidValue

    /// The environment variable.
    var environmentName: String { "INTERLEAVED_" + name.uppercased() }

    /// The flag, without dashes before it.
    var flagName: String { name.replacing("_", with: "-") }

    /// The flag.
    var flag: String { "--" + flagName }

    /// The value that counts if no other is given.
    var standard: String { write(DaemonConfiguration()) }
}

// MARK: - Rows

extension Setting {
    /// A setting that stands for itself.
    ///
    /// - Parameters:
    ///   - name: The key in the file.
    ///   - help: What it is, in whole sentences.
    ///   - kind: What may be given.
    ///   - path: Where it goes, and where its default comes from.
    init<Value>(
        _ name: String,
        _ help: String,
        _ kind: SettingKind<Value>,
        _ path: Path<Value>
    ) {
        self.init(name, help, kind, path, bound: nil, values: kind.values)
    }

    /// A setting that another one bounds: a default gives way, a value that was given must agree.
    ///
    /// - Parameters:
    ///   - name: The key in the file.
    ///   - help: What it is, in whole sentences.
    ///   - kind: What may be given.
    ///   - path: Where it goes, and where its default comes from.
    ///   - side: On which side the bound is.
    ///   - other: The key of the setting that bounds it.
    ///   - share: What part of the other counts, in words to be read before its name: `3/4 of`; empty for all.
    ///   - limit: The bound.
    init<Value: Comparable>(
        _ name: String,
        _ help: String,
        _ kind: SettingKind<Value>,
        _ path: Path<Value>,
        _ side: Side,
        _ other: String,
        share: String = "",
        _ limit: @escaping @Sendable (DaemonConfiguration) -> Value
    ) {
        let words = share.isEmpty ? other : "\(share) \(other)"
        let bound = Bound(other: other) { configuration in
            let (value, limit) = (configuration[keyPath: path], limit(configuration))
            guard side == .atLeast ? value < limit : value > limit else { return nil }
            configuration[keyPath: path] = limit
            let relation = side == .atLeast ? "less" : "more"
            return InvalidValue("is \(relation) than \(words), \(kind.write(limit))")
        }
        let values = "\(kind.values), \(side.rawValue) \(words)"
        self.init(name, help, kind, path, bound: bound, values: values)
    }

    /// A setting that means nothing without another one.
    ///
    /// - Parameters:
    ///   - name: The key in the file.
    ///   - help: What it is, in whole sentences.
    ///   - kind: What may be given.
    ///   - path: Where it goes.
    ///   - other: The key of the setting that it needs.
    ///   - isOtherGiven: Whether that has a value.
    init<Value>(
        _ name: String,
        _ help: String,
        _ kind: SettingKind<Value?>,
        _ path: Path<Value?>,
        with other: String,
        _ isOtherGiven: @escaping @Sendable (DaemonConfiguration) -> Bool
    ) {
        let bound = Bound(other: other) { configuration in
            guard configuration[keyPath: path] != nil, !isOtherGiven(configuration) else {
                return nil
            }
            return InvalidValue("is given without \(other)")
        }
        self.init(name, help, kind, path, bound: bound, values: "\(kind.values); with \(other)")
    }

    /// Where a value stands in the configuration.
    typealias Path<Value> = any WritableKeyPath<DaemonConfiguration, Value> & Sendable

    /// On which side of a value its bound is.
    enum Side: String {
        case atLeast = "at least"
        case atMost = "at most"
    }

    private init<Value>(
        _ name: String,
        _ help: String,
        _ kind: SettingKind<Value>,
        _ path: Path<Value>,
        bound: Bound?,
        values: String
    ) {
        self.name = name
        self.help = help
        self.values = values
        self.bound = bound
        choices = kind.choices
        isList = kind.isList
        read = { (text, configuration) throws(InvalidValue) in
            configuration[keyPath: path] = try kind.read(text)
        }
        write = { kind.write($0[keyPath: path]) }
    }
}
