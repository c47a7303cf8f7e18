internal import JSON
internal import Keys

/// Files of keys and of their usage, and keys as clients send them.
func readKeys(_ bytes: [UInt8]) {
    if let file = try? KeyFile(decoding: bytes, path: "") {
        let again = try? KeyFile(decoding: file.document.encoded, path: "")
        expect(again == file, "what was written is read as something else")
    }
    _ = try? UsageFile(decoding: bytes, path: "")
    let text = String(decoding: bytes, as: UTF8.self)
    guard case .unknown = ring.find(text) else { fatalError("a key that nobody has") }
}

private let ring = KeyRing([APIKey(name: "a", digest: KeySecret.random().digest)])
