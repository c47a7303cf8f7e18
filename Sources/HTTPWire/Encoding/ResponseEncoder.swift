/// How the end of a response body is marked (RFC 9112 §6.3).
package enum ResponseFraming: Hashable, Sendable {
    /// By a Content-Length of this many bytes.
    case length(Int)
    /// By the chunked coding.
    case chunked
    /// By the end of the connection, for clients that know no chunks.
    case untilClose
    /// There is no body and no field says so: 1xx, 204 and 304.
    case none
}

/// Why a response head cannot be put on the wire.
package struct ResponseEncodingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name of the field at fault.
    package let fieldName: String

    package var description: String {
        "response field \(fieldName.debugDescription) has bytes no field may have"
    }
}

/// Response heads to bytes.
package enum ResponseEncoder {
    /// The interim response that lets a waiting client send its body.
    package static let continueBytes = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// Appends a response head, empty line included.
    ///
    /// Content-Length, Transfer-Encoding and Connection come from `framing` and `keepsAlive`; those among
    /// the head's fields are skipped, so that a handler cannot contradict the framing.
    ///
    /// - Parameters:
    ///   - head: Status and fields.
    ///   - framing: How the end of the body is marked.
    ///   - keepsAlive: Whether the connection stays open; said aloud where the version's default
    ///     differs (RFC 9112 §9.3).
    ///   - requestVersion: The version of the request that is answered.
    ///   - extraFields: Fields of the server, put before those of the head, already encoded as lines
    ///     that end in CR LF.
    ///   - output: Where the bytes go.
    /// - Throws: ``ResponseEncodingError`` if a name is no token or a value has control characters;
    ///   `output` is then unchanged.
    package static func encode(
        _ head: ResponseHead,
        framing: ResponseFraming,
        keepsAlive: Bool,
        requestVersion: ProtocolVersion = .http11,
        extraFields: [UInt8] = [],
        into output: inout [UInt8]
    ) throws(ResponseEncodingError) {
        let start = output.count
        do throws(ResponseEncodingError) {
            output += "HTTP/1.1 ".utf8
            output += String(head.status.code).utf8
            output.append(UInt8(ascii: " "))
            output += head.status.reasonPhrase.utf8
            output += "\r\n".utf8
            output += extraFields
            for field in head.fields where !isFramingField(field.name) {
                try appendField(field, to: &output)
            }
        } catch {
            output.removeSubrange(start...)
            throw error
        }
        switch framing {
        case .length(let count):
            output += "content-length: ".utf8
            output += String(count).utf8
            output += "\r\n".utf8
        case .chunked:
            output += "transfer-encoding: chunked\r\n".utf8
        case .untilClose, .none:
            break
        }
        if !keepsAlive {
            output += "connection: close\r\n".utf8
        } else if requestVersion == .http10 {
            output += "connection: keep-alive\r\n".utf8
        }
        output += "\r\n".utf8
    }

    /// Appends one field line.
    ///
    /// - Throws: ``ResponseEncodingError`` if the name is no token or the value has control characters.
    package static func appendField(
        _ field: HeaderFields.Field,
        to output: inout [UInt8]
    ) throws(ResponseEncodingError) {
        guard !field.name.isEmpty, field.name.utf8.allSatisfy(isTokenByte),
            field.value.utf8.allSatisfy(isFieldValueByte)
        else { throw ResponseEncodingError(fieldName: field.name) }
        output += field.name.utf8
        output += ": ".utf8
        output += field.value.utf8
        output += "\r\n".utf8
    }

    private static func isFramingField(_ name: String) -> Bool {
        switch name.utf8.count {
        case 10: isSameName(name, "connection")
        case 14: isSameName(name, "content-length")
        case 17: isSameName(name, "transfer-encoding")
        default: false
        }
    }
}
