import Foundation
import TestSupport
import Testing

/// A case of docs/HTTP-CONFORMANCE.md: bytes in, answers out.
struct ConformanceCase: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    /// Statuses in order.
    let statuses: [Int]
    /// Whether the connection is closed afterwards; nil if that is not asked.
    let isClosed: Bool?

    var testDescription: String { name }

    /// The cases of the page.
    static let all: [ConformanceCase] = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = root.appending(path: "docs/HTTP-CONFORMANCE.md")
        // An empty list fails the test that counts it.
        let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
        var section = ""
        return text.split(separator: "\n").compactMap { line in
            if line.hasPrefix("## ") { section = String(line.dropFirst(3)) }
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard line.hasPrefix("|"), cells.count == 4, cells[1].hasPrefix("`") else { return nil }
            return ConformanceCase("\(section): \(cells[0])", cells[1], cells[2])
        }
    }()

    private init(_ name: String, _ bytes: String, _ answers: String) {
        self.name = name
        self.bytes = Self.bytes(String(bytes.dropFirst().dropLast()))
        let words = answers.split(separator: " ")
        statuses = words.compactMap { Int($0) }
        isClosed = words.last == "closed" ? true : words.last == "open" ? false : nil
    }

    /// Bytes as the page writes them.
    private static func bytes(_ text: String) -> [UInt8] {
        let signs: [Character: [UInt8]] = [
            "↵": [13, 10], "␍": [13], "␊": [10], "␉": [9], "␀": [0], "␠": [32],
        ]
        var bytes: [UInt8] = []
        var rest = text[...]
        while let character = rest.popFirst() {
            if character == "\\", rest.first == "x",
                let byte = UInt8(rest.dropFirst().prefix(2), radix: 16)
            {
                bytes.append(byte)
                rest = rest.dropFirst(3)
            } else {
                bytes += signs[character] ?? Array(String(character).utf8)
            }
        }
        return bytes
    }
}

extension HTTPServerTests {
    @Suite("Conformance")
    struct ConformanceTests {
        @Test("Every case of the page is answered as it says")
        func answers() throws {
            #expect(ConformanceCase.all.count > 100)
            try withServer { _, port throws in
                for sample in ConformanceCase.all {
                    let client = try HTTPTestClient(port: port)
                    client.send(sample.bytes)
                    var statuses: [Int] = []
                    for _ in sample.statuses {
                        statuses.append(try client.receiveResponse().status)
                    }
                    #expect(statuses == sample.statuses, "\(sample.name)")
                    guard statuses == sample.statuses else { continue }
                    if sample.isClosed == true {
                        let rest = try client.receiveToEnd()
                        #expect(rest.isEmpty, "\(sample.name)")
                    } else if sample.isClosed == false {
                        #expect(try client.exchange(get("/")).status == 200, "\(sample.name)")
                    }
                }
            }
        }
    }
}
