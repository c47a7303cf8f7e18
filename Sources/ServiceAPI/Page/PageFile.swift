internal import CPage
internal import Digests

/// A file of the page in the browser: bytes that are part of the program.
struct PageFile: Hashable, Sendable {
    /// Where it is found: `/` and a name for a view, below `/page/` for what views are made of.
    let path: String
    /// Its media type, with the encoding of texts.
    let mediaType: String
    /// What it holds.
    let body: CodedBody
    /// What tells this content, as it is, from any other: an entity tag (RFC 9110 §8.8.3), quotes included.
    let entityTag: String

    /// All files by their paths.
    static let all: [String: PageFile] = {
        var files: [String: PageFile] = [:]
        for index in 0..<ilv_page_file_count() {
            let name = unsafe String(cString: ilv_page_file_name(index))
            var count = 0
            guard let start = unsafe ilv_page_file_bytes(index, &count) else { continue }
            let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
            let file = PageFile(name, bytes)
            files[file.path] = file
        }
        return files
    }()

    private init(_ name: String, _ bytes: [UInt8]) {
        path = Self.path(of: name)
        let ending = name.split(separator: ".").last.map(String.init) ?? ""
        mediaType = Self.mediaTypes[ending] ?? "application/octet-stream"
        body = CodedBody(bytes, isText: ending != "png")
        let digest = SHA256.digest(of: bytes).prefix(Self.tagByteCount).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
        entityTag = "\"\(digest.joined())\""
    }

    private static func path(of name: String) -> String {
        switch name {
        case "index.html": "/"
        case "engine.html": "/engine"
        case "docs.html": "/docs"
        default: "/page/\(name)"
        }
    }

    private static let mediaTypes = [
        "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml", "png": "image/png",
    ]

    private static let tagByteCount = 16
}
