import Dispatch
import Files
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Keys

@Suite("Files of keys")
struct KeyFileTests {
    private let digest = String(repeating: "ab", count: 32)

    private func entry(_ fields: String = "", name: String = "a", digest: String? = nil) -> String {
        """
        {"name": "\(name)", "tenant": "t", "sha256": "\(digest ?? self.digest)", "rights": ["read"]\(fields)}
        """
    }

    private func fault(_ entries: String) -> String? {
        do throws(KeyFileError) {
            _ = try KeyFile(decoding: Array("{\"keys\": [\(entries)]}".utf8), path: "f")
            return nil
        } catch {
            return error.description
        }
    }

    @Test("What is written is read as the same, and nobody but the owner may read it")
    func roundTrip() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "keys"
        var limits = KeyLimits()
        limits.requestsPerMinute = 60
        limits.running = 2
        let expires = try #require(Timestamp.date("2099-01-31"))
        let made = try #require(Timestamp.date("2026-01-31T10:20:30Z"))
        let secret = KeySecret.random()
        var file = KeyFile()
        try file.add(
            APIKey(
                name: "a",
                tenant: "t",
                digest: secret.digest,
                rights: [.read, .admin],
                limits: limits,
                created: made,
                expires: expires
            )
        )
        try file.add(APIKey(name: "b", digest: KeySecret.random().digest, created: made))
        try file.revoke("b", at: made)
        try file.write(to: path)
        #expect(try KeyFile(path: path) == file)
        var status = stat()
        #expect(unsafe stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        let text = try File.readText(path, maximumByteCount: 1 << 20)
        #expect(!text.contains(secret.text.dropFirst(4)))
    }

    @Test("A fault names file, entry and field")
    func faults() {
        #expect(fault(entry()) == nil)
        #expect(fault("1") == "f: keys[0] must be an object, not a number")
        #expect(fault(entry() + "," + entry(", \"colour\": 1")) == "f: keys[1].colour is not known")
        #expect(fault(entry(name: "a b"))?.hasPrefix("f: keys[0].name may have letters") == true)
        #expect(
            fault(entry(digest: "AB"))
                == "f: keys[0].sha256 must be 64 hexadecimal digits in lower case"
        )
        #expect(
            fault(entry(", \"limits\": {\"running\": 0}"))
                == "f: keys[0].limits.running must be a whole number from 1 to 1000000000"
        )
        #expect(
            fault(entry(", \"limits\": {\"walking\": 1}"))
                == "f: keys[0].limits.walking is not known"
        )
        #expect(
            fault(entry(", \"expires\": \"soon\""))
                == "f: keys[0].expires must be a time such as 2027-01-31T00:00:00Z"
        )
        let other = String(repeating: "cd", count: 32)
        #expect(fault(entry() + "," + entry(digest: other)) == "f: keys[1].name is that of keys[0]")
        #expect(
            fault(entry() + "," + entry(name: "b")) == "f: keys[1].sha256 is that of keys[0]"
        )
        let many = (0...KeyFile.maximumKeyCount).map { _ in "1" }.joined(separator: ",")
        #expect(fault(many) == "f: keys has 1001 elements, at most 1000")
        #expect(fault("{")?.hasPrefix("f: ") == true)
    }

    @Test("A name is given once, also after its key was taken back")
    func names() throws {
        var file = KeyFile()
        try file.add(APIKey(name: "a", digest: KeySecret.random().digest))
        try file.revoke("a")
        #expect(throws: KeyFileError("there is a key \"a\" already")) {
            try file.add(APIKey(name: "a", digest: KeySecret.random().digest))
        }
        #expect(throws: KeyFileError("the key \"a\" is revoked already")) { try file.revoke("a") }
        #expect(throws: KeyFileError("there is no key \"b\"")) { try file.revoke("b") }
    }

    @Test("Of keys that are added at the same time none is lost")
    func changesAtOnce() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "keys"
        DispatchQueue.concurrentPerform(iterations: 8) { index in
            do throws(KeyFileError) {
                try KeyFile.change(path, canBegin: true) { file throws(KeyFileError) in
                    try file.add(APIKey(name: "k\(index)", digest: KeySecret.random().digest))
                }
            } catch {
                Issue.record(error)
            }
        }
        #expect(try KeyFile(path: path).keys.count == 8)
        #expect(try Folder.entries(of: directory.path) == ["keys"])
    }

    @Test("Where the file is a link, what it points to is changed")
    func link() throws {
        let directory = try TemporaryDirectory()
        let (path, link) = (directory.path + "keys", directory.path + "link")
        try KeyFile().write(to: path)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "keys")
        try KeyFile.change(link, canBegin: false) { file throws(KeyFileError) in
            try file.add(APIKey(name: "a", digest: KeySecret.random().digest))
        }
        #expect(try KeyFile(path: path).keys.count == 1)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "keys")
    }

    @Test("A file of usage that is none is set aside", arguments: ["", "{", "{\"usage\": 1}"])
    func damagedUsage(_ text: String) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "keys.usage"
        try File.write(Array(text.utf8), to: path)
        var damages: [KeyFileError] = []
        #expect(try UsageFile.readSettingAside(path) { damages.append($0) } == nil)
        #expect(damages.count == 1)
        #expect(try Folder.entries(of: directory.path) == ["keys.usage.damaged"])
    }

    @Test("Usage is read as it was written")
    func usage() throws {
        let directory = try TemporaryDirectory()
        let path = UsageFile.path(beside: directory.path + "keys")
        #expect(try UsageFile.read(path) == nil)
        var usage = KeyUsage()
        usage.requestCount = 3
        usage.machineTime = .milliseconds(1500)
        let written = try #require(Timestamp.date("2026-01-31T10:20:30Z"))
        let file = UsageFile(totals: ["a": usage], written: written)
        try file.write(to: path)
        #expect(try UsageFile.read(path) == file)
    }

    @Test(
        "Days and moments are read, and nothing else",
        arguments: [
            ("2027-01-31", "2027-01-31T00:00:00Z"),
            ("2027-01-31T12:34:56Z", "2027-01-31T12:34:56Z"),
            ("2027-02-30", nil), ("2027-1-3", nil), ("2027-01-31T12:34:56+01", nil), ("", nil),
            ("12027-01-3", nil), ("2027-01-31 12:34:56Z", nil),
        ]
    )
    func times(text: String, read: String?) {
        #expect(Timestamp.date(text).map(Timestamp.text) == read)
    }
}
