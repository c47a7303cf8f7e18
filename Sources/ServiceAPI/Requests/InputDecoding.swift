internal import Engine
internal import JSON

/// The `input` of a request: texts and pictures in order.
enum InputDecoding {
    /// Decodes all parts.
    ///
    /// - Parameters:
    ///   - node: The list.
    ///   - field: Its path.
    ///   - limits: Bounds of the parts.
    ///   - deadline: Until when the answer is wanted.
    /// - Returns: The parts in order.
    /// - Throws: ``RequestError`` that names the field.
    static func parts(
        _ node: JSONNode,
        _ field: String,
        _ limits: Limits,
        _ deadline: RequestDeadline? = nil
    ) throws(RequestError) -> [InputPart] {
        let nodes = try node.elements(field, in: 1...limits.maximumInputPartCount)
        var parts: [InputPart] = []
        for (index, node) in nodes.enumerated() {
            try deadline?.check()
            parts.append(try part(node, "\(field)[\(index)]", limits))
        }
        try deadline?.check()
        return parts
    }

    private static func part(
        _ node: JSONNode,
        _ field: String,
        _ limits: Limits
    ) throws(RequestError) -> InputPart {
        var reader = try ObjectReader(node, path: field)
        guard let kind: SegmentKind = try reader.choice("type") else {
            throw RequestError(.missing, field: "\(field).type", "\(field).type is missing")
        }
        let part: InputPart
        switch kind {
        case .text: part = .text(try reader.text(limits))
        case .image:
            part = .image(try picture(reader.require("image"), "\(field).image"))
        }
        try reader.finish()
        return part
    }

    /// The bytes of a picture file, from base64 with or without the head of a data URL (RFC 2397).
    ///
    /// The declared media type must be one of a picture that can be read; which it is, the bytes tell.
    static func picture(
        _ node: JSONNode,
        _ field: String
    ) throws(RequestError) -> [UInt8] {
        guard case .string(let string) = node else {
            throw .invalid(field, "must be a string, not \(node.typeName)")
        }
        // White space in front is no part of an address (WHATWG URL), nor of base64.
        let characters = string.bytes.drop { [0x20, 0x09, 0x0a, 0x0d].contains($0) }
        var encoded = characters
        if let colon = characters.prefix(maximumSchemeByteCount).firstIndex(of: UInt8(ascii: ":")) {
            let scheme = String(decoding: characters[..<colon], as: UTF8.self).lowercased()
            guard scheme == "data" else {
                throw .invalid(
                    field,
                    "must be base64 or a data URL: no picture is fetched from elsewhere"
                )
            }
            let rest = characters[(colon + 1)...]
            guard let comma = rest.prefix(maximumHeadByteCount).firstIndex(of: UInt8(ascii: ","))
            else { throw .invalid(field, "is a data URL without a comma after its media type") }
            let head = String(decoding: rest[..<comma], as: UTF8.self).lowercased()
            guard isPictureInBase64(head) else {
                throw .invalid(
                    field,
                    "must be a data URL of \(mediaTypes.joined(separator: ", ")) in base64, "
                        + "not \(quoted(head))"
                )
            }
            encoded = rest[(comma + 1)...]
        }
        guard !encoded.isEmpty else { throw .invalid(field, "has no bytes") }
        guard let bytes = Base64.decode(encoded) else {
            throw .invalid(field, "is no valid base64 (RFC 4648 section 4 or 5)")
        }
        return bytes
    }

    /// Whether the head of a data URL announces a picture in base64; parameters between the two say nothing new.
    private static func isPictureInBase64(_ head: String) -> Bool {
        let parts = head.split(separator: ";", omittingEmptySubsequences: false)
        return parts.count >= 2 && mediaTypes.contains(String(parts[0])) && parts.last == "base64"
            && parts.dropFirst().dropLast().allSatisfy { $0.contains("=") }
    }

    private static let mediaTypes = ["image/png", "image/jpeg", "image/webp"]
    private static let maximumSchemeByteCount = 32
    private static let maximumHeadByteCount = 128
}
