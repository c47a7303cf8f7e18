import Sockets
import TestSupport
import Testing

@Suite("Certificates and keys")
struct TLSContextTests {
    private typealias Files = TestCertificates

    private static func fault(
        _ certificates: [UInt8],
        _ key: [UInt8] = Files.serverKey
    ) -> TLSError? {
        #expect(throws: TLSError.self) { try TLSContext(certificates: certificates, key: key) }
    }

    @Test("A certificate, its issuers behind it, and its key are taken")
    func takesChain() throws {
        let context = try TLSContext(
            certificates: Files.server + [0x0A] + Files.root,
            key: Files.serverKey
        )
        #expect(context.warnings.isEmpty)
        #expect(context.expiry == Files.validity.upperBound)
    }

    @Test("A file may hold both")
    func takesOneFile() throws {
        let file = Files.serverKey + [0x0A] + Files.server
        _ = try TLSContext(certificates: file, key: file)
    }

    @Test("A key of another certificate is refused")
    func refusesOtherKey() {
        let fault = Self.fault(Files.server, Files.otherKey)
        #expect(fault?.subject == .key)
        #expect(
            fault?.detail.hasPrefix("does not belong to the certificate of /CN=localhost") == true
        )
    }

    @Test("An encrypted key is refused, with the way out")
    func refusesEncryptedKey() {
        let fault = Self.fault(Files.server, Files.encryptedKey)
        #expect(fault?.subject == .key)
        #expect(fault?.detail.contains("openssl pkey") == true)
    }

    @Test(
        "Files without what they should have are refused",
        arguments: [[], Array("text".utf8), Files.otherKey]
    )
    func refusesEmptyFiles(_ file: [UInt8]) {
        #expect(Self.fault(file)?.detail == "has no certificate in PEM form")
        let fault = Self.fault(Files.server, Files.root)
        #expect(fault?.detail.hasPrefix("has no private key in PEM form") == true)
    }

    @Test("A damaged certificate is named by its place")
    func refusesDamagedCertificate() {
        var damaged = Files.root
        damaged[100] = UInt8(ascii: "!")
        let fault = Self.fault(Files.server + [0x0A] + damaged)
        #expect(fault?.detail.contains("number 2") == true)
    }

    @Test("A chain in another order is refused")
    func refusesOtherOrder() {
        let fault = Self.fault(Files.root + [0x0A] + Files.server)
        #expect(fault?.detail.contains("was not issued by certificate 2, /CN=localhost") == true)
    }

    @Test(
        "A certificate that does not hold now, or not for long, is taken with a warning",
        arguments: [
            (Files.validity.lowerBound - 1, "does not hold yet"),
            (Files.validity.upperBound + 1, "has expired"),
            (Files.validity.upperBound - 3 * 86_400, "expires in 3 days"),
        ]
    )
    func warns(_ now: Int, _ words: String) throws {
        let context = try TLSContext(
            certificates: Files.server,
            key: Files.serverKey,
            now: now
        )
        #expect(context.warnings == ["/CN=localhost \(words)"])
    }
}
