extension DecodingError {
    /// The member at fault and what is wrong with it, in words.
    var words: String {
        func name(_ path: [any CodingKey]) -> String {
            path.isEmpty ? "the document" : path.map(\.stringValue).joined(separator: ".")
        }
        switch self {
        case .keyNotFound(let key, let context):
            return "\(name(context.codingPath + [key])) is missing"
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            return "\(name(context.codingPath)) is no \(Self.kind(of: type))"
        case .dataCorrupted(let context):
            return "\(name(context.codingPath)) cannot be read"
        @unknown default:
            return "the document cannot be read"
        }
    }

    private static func kind(of type: any Any.Type) -> String {
        switch type {
        case is Int.Type: "whole number"
        case is Float.Type, is Double.Type: "number"
        case is String.Type: "text"
        case is Bool.Type: "true or false"
        case is [Int].Type: "list of whole numbers"
        default: "mapping or list as the reference writes it"
        }
    }
}
