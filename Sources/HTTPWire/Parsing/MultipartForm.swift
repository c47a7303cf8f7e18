/// A body of type `multipart/form-data`: fields and files in order (RFC 7578).
package struct MultipartForm: Sendable {
    /// A field or a file.
    package struct Part: Hashable, Sendable {
        /// Name of the field.
        package let name: String
        /// Name of the file, if it is one.
        package let fileName: String?
        /// The bytes.
        package let content: ArraySlice<UInt8>
    }

    /// What is wrong with a body, as a sentence without its beginning.
    package struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String

        init(_ description: String) { self.description = description }
    }

    /// The parts in order.
    package let parts: [Part]

    /// Most parts.
    private static let maximumPartCount = 128
    /// Longest head of a part, in bytes.
    private static let maximumHeadByteCount = 8192

    /// Reads a body.
    ///
    /// What stands before the first delimiter and after the last means nothing (RFC 2046 §5.1.1). Content is never
    /// copied.
    ///
    /// - Parameters:
    ///   - body: The body.
    ///   - contentType: The value of its Content-Type field.
    /// - Throws: ``Fault``.
    package init(_ body: [UInt8], contentType: String) throws(Fault) {
        guard let boundary = Self.boundary(contentType) else {
            throw Fault("has no boundary of 1 to 70 characters in its Content-Type")
        }
        let delimiter = Array("--\(boundary)".utf8)
        guard var next = Self.afterDelimiter(delimiter, in: body[...], isFirst: true)?.end else {
            throw Fault("has no delimiter \"--\(boundary)\"")
        }
        var parts: [Part] = []
        while !body[next...].starts(with: "--".utf8) {
            guard parts.count < Self.maximumPartCount else {
                throw Fault("has more than \(Self.maximumPartCount) parts")
            }
            // RFC 2046 §5.1.1: white space may stand after a delimiter.
            let line = body[next...].drop { $0 == 0x20 || $0 == 0x09 }
            guard line.starts(with: [0x0D, 0x0A]) else {
                throw Fault("has a delimiter that is followed by neither CR LF nor --")
            }
            let rest = body[(line.startIndex + 2)...]
            guard let found = Self.afterDelimiter(delimiter, in: rest, isFirst: false) else {
                throw Fault("ends within its part \(parts.count)")
            }
            parts.append(try Self.part(body[rest.startIndex..<found.start], parts.count))
            next = found.end
        }
        self.parts = parts
    }

    /// The next delimiter: where the content before it ends, and where the delimiter itself does.
    private static func afterDelimiter(
        _ delimiter: [UInt8],
        in bytes: ArraySlice<UInt8>,
        isFirst: Bool
    ) -> (start: Int, end: Int)? {
        if isFirst, bytes.starts(with: delimiter) {
            return (bytes.startIndex, bytes.startIndex + delimiter.count)
        }
        var start = bytes.startIndex
        while let index = bytes[start...].firstIndex(of: 0x0D) {
            if bytes[(index + 1)...].first == 0x0A, bytes[(index + 2)...].starts(with: delimiter) {
                return (index, index + 2 + delimiter.count)
            }
            start = index + 1
        }
        return nil
    }

    private static func part(
        _ bytes: ArraySlice<UInt8>,
        _ index: Int
    ) throws(Fault) -> Part {
        var rest = bytes
        var disposition: String?
        while true {
            let head = rest.prefix(maximumHeadByteCount)
            guard let end = head.firstIndex(of: 0x0D), head[(end + 1)...].first == 0x0A else {
                throw Fault("has a part \(index) without an end of its head")
            }
            let line = rest[..<end]
            rest = rest[(end + 2)...]
            if line.isEmpty { break }
            guard rest.startIndex - bytes.startIndex <= maximumHeadByteCount,
                let text = String(validating: line, as: UTF8.self)
            else {
                throw Fault("has a part \(index) whose head is too long, or no UTF-8")
            }
            let field = text.split(separator: ":", maxSplits: 1)
            if field.count == 2, isSameName(field[0], "content-disposition") {
                disposition = String(field[1])
            }
        }
        guard let disposition else {
            throw Fault("has a part \(index) without Content-Disposition")
        }
        let (kind, parameters) = HeaderParameters.parse(disposition)
        guard isSameName(kind, "form-data"), let name = parameters["name"] else {
            throw Fault("has a part \(index) that is no form-data with a name")
        }
        return Part(name: name, fileName: parameters["filename"], content: rest)
    }

    private static func boundary(_ contentType: String) -> String? {
        let (_, parameters) = HeaderParameters.parse(contentType)
        guard let boundary = parameters["boundary"], (1...70).contains(boundary.utf8.count) else {
            return nil
        }
        return boundary
    }
}

/// A header value with parameters: `token *( ; name=value )`, values in quotes or not (RFC 9110 §5.6.6).
package enum HeaderParameters {
    /// Cuts a value.
    ///
    /// Of parameters that appear twice the first counts.
    ///
    /// - Returns: What stands before the first semicolon, and the parameters by their names in lower case.
    package static func parse(_ value: String) -> (value: String, parameters: [String: String]) {
        var rest = Substring(value)
        let first = rest.prefix { $0 != ";" }
        rest = rest.dropFirst(first.count)
        var parameters: [String: String] = [:]
        while rest.first == ";" {
            rest = rest.dropFirst()
            let name = rest.prefix { $0 != "=" && $0 != ";" }
            rest = rest.dropFirst(name.count)
            guard rest.first == "=" else { continue }
            rest = rest.dropFirst()
            let text = rest.first == "\"" ? quoted(&rest) : plain(&rest)
            let key = trimmingOptionalWhitespace(name).lowercased()
            if parameters[key] == nil { parameters[key] = text }
        }
        return (String(trimmingOptionalWhitespace(first)), parameters)
    }

    private static func plain(_ rest: inout Substring) -> String {
        let text = rest.prefix { $0 != ";" }
        rest = rest.dropFirst(text.count)
        return String(trimmingOptionalWhitespace(text))
    }

    /// A quoted string, in which a backslash stands before any character (RFC 9110 §5.6.4).
    private static func quoted(_ rest: inout Substring) -> String {
        rest = rest.dropFirst()
        var text = ""
        while let character = rest.popFirst(), character != "\"" {
            if character == "\\", let escaped = rest.popFirst() {
                text.append(escaped)
            } else {
                text.append(character)
            }
        }
        rest = rest.drop { $0 != ";" }
        return text
    }
}
