/// A value of a document that does not fit what is to be read from it.
package struct JSONFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// Path of the value, such as `language.layer_count`; empty for the document itself.
    package let path: String
    /// What is wrong, as the rest of a sentence that begins with the path.
    package let detail: String

    /// Describes a fault.
    package init(path: String, detail: String) {
        self.path = path
        self.detail = detail
    }

    /// What a type of the standard library has to say about a value, in words.
    package init(_ error: DecodingError) {
        func path(_ keys: [any CodingKey]) -> String { Self.path(keys) }
        switch error {
        case .keyNotFound(let key, let context):
            self.init(path: path(context.codingPath + [key]), detail: "is missing")
        case .typeMismatch(let type, let context):
            self.init(path: path(context.codingPath), detail: "is not \(Self.name(of: type))")
        case .valueNotFound(let type, let context):
            self.init(
                path: path(context.codingPath),
                detail: "is null or missing, expected \(Self.name(of: type))"
            )
        case .dataCorrupted(let context):
            self.init(path: path(context.codingPath), detail: "has a value that is not known")
        @unknown default: self.init(path: "", detail: "cannot be read")
        }
    }

    package var description: String { "\(path.isEmpty ? "the document" : path) \(detail)" }

    /// The path of some keys.
    static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce(into: "") { text, key in
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += (text.isEmpty ? "" : ".") + printable(key.stringValue)
            }
        }
    }

    /// What to call a value of a type.
    static func name(of type: Any.Type) -> String {
        switch type {
        case is any FixedWidthInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is String.Type: "a string"
        case is Bool.Type: "a boolean"
        case is [String: Any].Type: "an object"
        default: "\(type)".hasPrefix("Array<") ? "an array" : "an object"
        }
    }
}
