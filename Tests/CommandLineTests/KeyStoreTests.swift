import Files
import Glibc
import Keys
import Logging
import TestSupport
import Testing

@testable import CommandLine

@Suite("Keys of a daemon")
struct KeyStoreTests {
    private let directory: TemporaryDirectory
    private let path: String
    private let secret = KeySecret.random()

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.path + "keys"
        try KeyFile(keys: [APIKey(name: "a", digest: secret.digest)]).write(to: path)
    }

    private func store() throws -> KeyStore {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return try KeyStore(path: path, logger: logger)
    }

    private func isValid(_ store: KeyStore, _ secret: KeySecret) -> Bool {
        if case .valid = store.ring.find(secret.text) { true } else { false }
    }

    @Test("A file that has changed is in use when it is read again")
    func reloads() throws {
        let store = try store()
        let other = KeySecret.random()
        try KeyFile(keys: [APIKey(name: "b", digest: other.digest)]).write(to: path)
        #expect(isValid(store, secret) && !isValid(store, other))
        store.reload()
        #expect(!isValid(store, secret) && isValid(store, other))
    }

    @Test("A faulty file leaves the keys before in use")
    func keepsKeys() throws {
        let store = try store()
        try directory.write(Array("{".utf8), to: "keys")
        store.reload()
        #expect(isValid(store, secret))
    }

    @Test("Usage goes on where it was when the daemon ended, that of keys gone by then included")
    func keepsUsage() throws {
        var gone = KeyUsage()
        gone.requestCount = 7
        let usage = UsageFile.path(beside: path)
        try UsageFile(totals: ["gone": gone]).write(to: usage)
        let first = try store()
        try first.ring.accounts[0].admit(generates: false)
        first.writeUsage()
        let second = try store()
        try second.ring.accounts[0].admit(generates: false)
        second.writeUsage()
        let totals = try UsageFile.read(usage)?.totals
        #expect(totals?["a"]?.requestCount == 2)
        #expect(totals?["gone"] == gone)
    }

    @Test("What cannot be written is written when it can be again")
    func cannotWrite() throws {
        let store = try store()
        let usage = UsageFile.path(beside: path)
        try Folder.make(usage)
        try store.ring.accounts[0].admit(generates: false)
        store.writeUsage()
        #expect(unsafe rmdir(usage) == 0)
        store.writeUsage()
        #expect(try UsageFile.read(usage)?.totals["a"]?.requestCount == 1)
    }
}
