import Digests
import Testing

@Suite struct SHA256Tests {
    /// Messages and digests of FIPS 180-4's published examples.
    @Test(
        "The digest is that of the standard's examples",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ]
    )
    func examples(message: String, digest: String) {
        #expect(SHA256.hexadecimal(of: Array(message.utf8)) == digest)
    }

    @Test("Pieces give the digest of the whole")
    func pieces() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        let hash = SHA256()
        for start in stride(from: 0, to: bytes.count, by: 37) {
            unsafe hash.update(bytes.span.extracting(start..<min(start + 37, bytes.count)).bytes)
        }
        #expect(hash.finish() == SHA256.digest(of: bytes))
    }
}
