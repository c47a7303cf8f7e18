/// The fields of a message in the order in which they arrived, duplicates kept.
///
/// Names compare without regard to ASCII case (RFC 9110 §5.1) and keep the spelling they came with.
/// A message has few fields, so a lookup walks the list: one pass over names of equal length.
package struct HeaderFields: Hashable, Sendable {
    /// One field line.
    package struct Field: Hashable, Sendable {
        /// The name as it was spelled.
        package let name: String
        /// The value without the white space around it.
        package let value: String

        /// Makes a field line.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    private var fields: [Field] = []

    /// Makes an empty list.
    package init() {}

    /// Adds a field after all others, whether or not one of that name exists.
    package mutating func append(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// Removes every field of that name.
    package mutating func removeAll(_ name: String) {
        fields.removeAll { isSameName($0.name, name) }
    }

    /// The value of the first field of that name; setting replaces all of them by one, nil removes them.
    package subscript(name: String) -> String? {
        get {
            fields.first { isSameName($0.name, name) }?.value
        }
        set {
            removeAll(name)
            if let newValue { append(name, newValue) }
        }
    }

    /// Whether there is a field of that name.
    package func contains(_ name: String) -> Bool {
        fields.contains { isSameName($0.name, name) }
    }

    /// The values of all fields of that name, in order.
    package func values(of name: String) -> [String] {
        fields.filter { isSameName($0.name, name) }.map(\.value)
    }

    /// The non-empty members of a comma-separated field, over all its lines (RFC 9110 §5.6.1).
    ///
    /// Commas inside quoted strings split too: use it only for lists of tokens.
    package func tokens(of name: String) -> [Substring] {
        fields.filter { isSameName($0.name, name) }
            .flatMap { $0.value.utf8.split(separator: UInt8(ascii: ",")) }
            .map { trimmingOptionalWhitespace(Substring($0)) }
            .filter { !$0.isEmpty }
    }

    /// Whether a list of tokens has this member, without regard to ASCII case.
    package func hasToken(_ token: String, in name: String) -> Bool {
        tokens(of: name).contains { isSameName($0, token) }
    }
}

// MARK: - Collection

extension HeaderFields: RandomAccessCollection {
    package var startIndex: Int { fields.startIndex }
    package var endIndex: Int { fields.endIndex }
    package subscript(position: Int) -> Field { fields[position] }
}

extension HeaderFields: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }
}

// MARK: - Comparing

/// Whether two strings are equal but for the case of ASCII letters.
package func isSameName(_ first: some StringProtocol, _ second: some StringProtocol) -> Bool {
    let first = first.utf8
    let second = second.utf8
    guard first.count == second.count else { return false }
    return zip(first, second).allSatisfy { lowercasedASCII($0) == lowercasedASCII($1) }
}

/// Drops spaces and tabs from both ends (OWS, RFC 9110 §5.6.3).
func trimmingOptionalWhitespace(_ text: Substring) -> Substring {
    var text = text
    while let first = text.utf8.first, isOptionalWhitespace(first) { text.removeFirst() }
    while let last = text.utf8.last, isOptionalWhitespace(last) { text.removeLast() }
    return text
}
