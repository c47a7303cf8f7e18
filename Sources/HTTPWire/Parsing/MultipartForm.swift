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
    /// Longest name of a field, in bytes.
    private static let maximumNameByteCount = 256

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
            throw Fault("has no delimiter of the boundary that its Content-Type names")
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
        var disposition: HeaderParameters?
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
            guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let (name, value) = (text[..<colon], text[text.utf8.index(after: colon)...])
            if isSameName(name, "content-disposition") {
                disposition = HeaderParameters(String(value))
            } else if isSameName(name, "content-transfer-encoding") {
                try requireIdentity(value, index)
            }
        }
        guard let disposition else {
            throw Fault("has a part \(index) without Content-Disposition")
        }
        guard isSameName(disposition.value, "form-data"), let name = disposition["name"],
            (1...maximumNameByteCount).contains(name.utf8.count)
        else {
            throw Fault(
                "has a part \(index) that is no form-data with a name of 1 to "
                    + "\(maximumNameByteCount) bytes"
            )
        }
        // RFC 7578 §4.2 does not want the second; who sends it sends a file all the same.
        let fileName = disposition["filename"] ?? disposition["filename*"]
        return Part(name: name, fileName: fileName, content: rest)
    }

    /// Refuses content that is not there as it is (RFC 7578 §4.7).
    private static func requireIdentity(_ coding: Substring, _ index: Int) throws(Fault) {
        let coding = trimmingOptionalWhitespace(coding)
        guard ["7bit", "8bit", "binary"].contains(where: { isSameName($0, coding) }) else {
            throw Fault(
                "has a part \(index) with a Content-Transfer-Encoding, which must be 7bit, 8bit or "
                    + "binary if it is there"
            )
        }
    }

    private static func boundary(_ contentType: String) -> String? {
        let boundary = HeaderParameters(contentType)["boundary"]
        return boundary.flatMap { (1...70).contains($0.utf8.count) ? $0 : nil }
    }
}
