import Sockets

/// Text that is no value of a setting or flag.
struct InvalidValue: Error, Hashable {
    /// What is wrong, to be read after the text: `is not a whole number`.
    let detail: String

    init(_ detail: String) {
        self.detail = detail
    }

    /// A value outside of its range, both ends as they are written.
    static func outside(_ lowest: String, _ highest: String) -> InvalidValue {
        InvalidValue("is not between \(lowest) and \(highest)")
    }
}

/// How the values of one type are written, and which of them a setting takes.
struct SettingKind<Value: Sendable>: Sendable {
    /// What may be given, in a few words: `0 to 10000`.
    let values: String
    /// Everything that may be given, where that is a short list.
    var choices: [String] = []
    /// Whether several values may be given: in a list, with commas between them, or by repeating the flag.
    var isList = false
    /// Reads a value and checks it.
    let read: @Sendable (String) throws(InvalidValue) -> Value
    /// Writes a value so that it reads back as the same.
    let write: @Sendable (Value) -> String
}

// MARK: - Numbers

extension SettingKind where Value: FixedWidthInteger {
    /// Whole numbers.
    static func integer(_ range: ClosedRange<Value>) -> SettingKind {
        SettingKind(
            values: "\(range.lowerBound) to \(range.upperBound)",
            read: { (text) throws(InvalidValue) in
                // Whether a number is too large or none at all is not the same mistake.
                guard let number = Int128(text) else {
                    throw InvalidValue("is not a whole number")
                }
                guard let value = Value(exactly: number), range.contains(value) else {
                    throw .outside("\(range.lowerBound)", "\(range.upperBound)")
                }
                return value
            },
            write: { "\($0)" }
        )
    }
}

extension SettingKind where Value: Comparable {
    /// Values with units.
    ///
    /// - Parameters:
    ///   - range: Which of them are taken.
    ///   - what: What a text is that is one, for the error.
    ///   - value: Reads a text; nil is none.
    ///   - text: Writes a value.
    /// - Returns: The kind.
    fileprivate static func quantity(
        _ range: ClosedRange<Value>,
        _ what: String,
        _ value: @escaping @Sendable (String) -> Value?,
        _ text: @escaping @Sendable (Value) -> String
    ) -> SettingKind {
        let (lowest, highest) = (text(range.lowerBound), text(range.upperBound))
        return SettingKind(
            values: "\(lowest) to \(highest)",
            read: { (given) throws(InvalidValue) in
                guard let value = value(given) else { throw InvalidValue("is not \(what)") }
                guard range.contains(value) else { throw .outside(lowest, highest) }
                return value
            },
            write: text
        )
    }
}

extension SettingKind where Value == Int {
    /// Numbers of bytes: `1048576`, `1024KiB`, `1MiB`.
    static func byteCount(_ range: ClosedRange<Int>) -> SettingKind {
        quantity(range, "a number of bytes, such as 512KiB", ByteCount.value, ByteCount.text)
    }
}

extension SettingKind where Value == Int? {
    /// Numbers of bytes, or none.
    static func byteCount(_ range: ClosedRange<Int>, none: String) -> SettingKind {
        let number = SettingKind<Int>.byteCount(range)
        return SettingKind(
            values: "\(none), \(number.values)",
            read: { (text) throws(InvalidValue) in
                if text == none { return nil }
                return try number.read(text)
            },
            write: { $0.map(number.write) ?? none }
        )
    }
}

/// Numbers of bytes as people write them.
enum ByteCount {
    private static let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]

    /// Reads a number with or without a unit; what is too large for a number is the largest, nil is no number.
    static func value(_ text: String) -> Int? {
        let unit = units.first { text.hasSuffix($0.0) }
        let digits = unit.map { text.dropLast($0.0.count) } ?? text[...]
        guard let number = Int128(digits), number >= 0 else { return nil }
        let (product, isTooLarge) = number.multipliedReportingOverflow(by: Int128(unit?.1 ?? 1))
        return isTooLarge ? Int.max : Int(clamping: product)
    }

    /// Writes a number in the largest unit of which it is a multiple.
    static func text(_ count: Int) -> String {
        let unit = units.first { count > 0 && count.isMultiple(of: $0.1) }
        return unit.map { "\(count / $0.1)\($0.0)" } ?? "\(count)"
    }
}

// MARK: - Times

extension SettingKind where Value == Duration {
    /// Lengths of time: `250ms`, `30s`, `5m`, `1h`; seconds without a unit.
    static func duration(_ range: ClosedRange<Duration>) -> SettingKind {
        quantity(range, "a length of time, such as 30s or 250ms", TimeLength.value, TimeLength.text)
    }
}

/// Lengths of time as people write them.
enum TimeLength {
    /// Milliseconds first: their name ends in that of seconds.
    private static let units: [(name: String, length: Duration)] = [
        ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3600)),
    ]

    /// Reads a number with or without a unit.
    static func value(_ text: String) -> Duration? {
        let unit = units.first { text.hasSuffix($0.name) } ?? ("", .seconds(1))
        guard let number = Double(text.dropLast(unit.name.count)), (0..<1e9).contains(number) else {
            return nil
        }
        return unit.length * number
    }

    /// Writes a time in the largest unit of which it is a multiple.
    static func text(_ time: Duration) -> String {
        guard time > .zero else { return "0s" }
        for unit in units.reversed() {
            // Of whole units, since a product with a fraction is rounded.
            let count = Int((time / unit.length).rounded())
            if count >= 1, unit.length * count == time { return "\(count)\(unit.name)" }
        }
        return "\(time / .milliseconds(1))ms"
    }
}

// MARK: - Words

extension SettingKind
where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of a few words.
    static var choice: SettingKind {
        let names = Value.allCases.map(\.rawValue)
        return SettingKind(
            values: names.joined(separator: ", "),
            choices: names,
            read: { (text) throws(InvalidValue) in
                guard let value = Value(rawValue: text) else {
                    throw InvalidValue("is none of \(names.joined(separator: ", "))")
                }
                return value
            },
            write: \.rawValue
        )
    }
}

extension SettingKind where Value == Bool {
    /// Yes or no, as YAML has it.
    static var yesOrNo: SettingKind {
        SettingKind(
            values: "true, false",
            choices: ["true", "false"],
            read: { (text) throws(InvalidValue) in
                guard let value = Bool(text) else {
                    throw InvalidValue("is neither true nor false")
                }
                return value
            },
            write: { "\($0)" }
        )
    }
}

extension SettingKind where Value == String {
    /// A model directory or file, or the name of a model that is installed.
    static var model: SettingKind {
        SettingKind(
            values: "a path or a name",
            read: { (text) throws(InvalidValue) in
                // A path may lead somewhere only where the daemon runs; a name is installed or none.
                if text.contains("/") { return text }
                do throws(CommandError) {
                    _ = try ModelCatalog.path(text)
                    return text
                } catch {
                    throw InvalidValue("cannot be served: \(error)")
                }
            },
            write: { $0 }
        )
    }
}

extension SettingKind where Value == String? {
    /// A file, or none.
    static var optionalPath: SettingKind {
        SettingKind(
            values: "none, a path",
            read: { (text) throws(InvalidValue) in
                guard !text.isEmpty else { throw InvalidValue("is no path") }
                return text == "none" ? nil : text
            },
            write: { $0 ?? "none" }
        )
    }
}

extension SettingKind where Value == UInt32 {
    /// Permissions of files.
    static var permissions: SettingKind {
        SettingKind(
            values: "0 to 777, in octal",
            read: { (text) throws(InvalidValue) in
                guard let bits = UInt32(text, radix: 8), bits <= 0o777 else {
                    throw InvalidValue("is no permissions in octal, such as 660")
                }
                return bits
            },
            write: { String($0, radix: 8) }
        )
    }
}

extension SettingKind where Value == FileOwner? {
    /// A user, a group or both, or none.
    static var fileOwner: SettingKind {
        SettingKind(
            values: "none, USER, USER:GROUP, :GROUP",
            read: { (text) throws(InvalidValue) in
                if text == "none" { return nil }
                do throws(FileOwner.Fault) {
                    return try FileOwner(text)
                } catch {
                    throw InvalidValue(error.detail)
                }
            },
            write: { $0?.text ?? "none" }
        )
    }
}
