import Glibc
import Testing

@testable import Sockets

@Suite("Owners of files")
struct FileOwnerTests {
    @Test(
        "Are users and groups, by name or number",
        arguments: [
            ("root", 0, nil), ("root:root", 0, 0), (":root", nil, 0), ("7", 7, nil),
            ("7:8", 7, 8), ("root:8", 0, 8), (":4294967294", nil, 4_294_967_294),
        ] as [(String, UInt32?, UInt32?)]
    )
    func areRead(_ text: String, _ user: UInt32?, _ group: UInt32?) throws {
        let owner = try FileOwner(text)
        #expect(owner.user == user && owner.group == group && owner.text == text)
    }

    @Test(
        "Are none where the machine knows no such name, or there is nothing to give",
        arguments: [
            ("nobody-of-that-name", "no user"), ("root:nobodies-of-that-name", "no group"),
            ("", "USER"), (":", "USER"), ("root:", "USER"), ("a:b:c", "USER"),
            ("4294967295", "no user"), ("-1", "no user"), ("root.root", "no user"),
        ]
    )
    func areRefused(_ text: String, _ words: String) {
        let fault = #expect(throws: FileOwner.Fault.self) { try FileOwner(text) }
        #expect(fault?.detail.contains(words) == true, "\(fault?.detail ?? "")")
    }

    @Test("Who may not give a file away is told to whom it was to go")
    func tellsFailure() throws {
        let owner = try FileOwner("root:root")
        let error = #expect(throws: SocketError.self) { try owner.take("/nonexistent/file") }
        #expect(error?.description.contains("root:root") == true)
        #expect(error?.code == ENOENT)
    }
}
