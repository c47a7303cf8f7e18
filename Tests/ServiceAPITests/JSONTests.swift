import Foundation
import TestSupport
import Testing

@testable import ServiceAPI

@Suite("JSON")
struct JSONTests {
    private func parse(_ text: String, _ limits: Limits = Limits()) throws -> JSONNode {
        try JSONParser.parse(Array(text.utf8), limits)
    }

    @Test(
        "Refuses what is no JSON, and says so",
        arguments: [
            "", " ", "{", "[", "[1,]", "{\"a\":1,}", "{\"a\"}", "{\"a\":}", "{a:1}", "nul", "tru",
            "'a'", "01", "-", "1.", ".5", "1e", "+1", "NaN", "Infinity", "[1 2]", "{} {}", "1 1",
            "\"a", "\"\u{1}\"", "{\"a\":1 \"b\":2}", "[1}", "\u{FEFF}{}", "{\"a\":1}x", "\"\\\"",
        ]
    )
    func refusesMalformed(_ text: String) {
        let error = #expect(throws: RequestError.self, "\(text)") { try self.parse(text) }
        #expect(error?.kind == .malformed)
    }

    @Test(
        "Accepts every form of the grammar",
        arguments: [
            "null", "true", "false", "0", "-0", "-12.5e+3", "1E-2", "\"\"", "[]", "{}",
            " [ 1 , 2 ] ",
            "{\"a\":{\"b\":[null]}}", "\"\\u0041\\n\\/\"", "\t{\r\n}",
        ]
    )
    func acceptsGrammar(_ text: String) throws {
        _ = try parse(text)
    }

    @Test("Refuses a key that appears twice")
    func refusesDuplicates() {
        let error = #expect(throws: RequestError.self) { try self.parse("{\"a\":1,\"\\u0061\":2}") }
        #expect(error?.detail.contains("\"a\" appears twice") == true)
    }

    @Test("Refuses depth and numbers of values beyond the limits instead of following them")
    func boundsStructure() {
        let deep = String(repeating: "[", count: 1_000_000)
        #expect(throws: RequestError.self) { try self.parse(deep) }
        let eight = String(repeating: "[", count: 8) + String(repeating: "]", count: 8)
        #expect(throws: Never.self) { try self.parse(eight) }
        #expect(throws: RequestError.self) { try self.parse("[" + eight + "]") }
        var limits = Limits()
        limits.maximumJSONValueCount = 4
        #expect(throws: Never.self) { try self.parse("[1,2,3]", limits) }
        #expect(throws: RequestError.self) { try self.parse("[1,2,3,4]", limits) }
    }

    @Test("Resolves escapes and surrogate pairs, and refuses broken ones")
    func resolvesEscapes() throws {
        func text(_ document: String) throws -> String? {
            guard case .string(let string) = try parse(document) else { return nil }
            return string.text
        }
        #expect(try text("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"") == "\"\\/\u{8}\u{C}\n\r\t\u{e9}")
        #expect(try text("\"\\ud83d\\ude00\"") == "\u{1F600}")
        for broken in ["\\x", "\\u12", "\\ud83d", "\\ude00", "\\ud83d\\u0041", "\\uzzzz"] {
            #expect(try text("\"\(broken)\"") == nil, "\(broken)")
        }
    }

    @Test("Refuses a string of bytes that are no UTF-8")
    func refusesBadText() throws {
        let bytes = Array("\"a".utf8) + [0xFF, 0xC0, 0xAF] + Array("\"".utf8)
        guard case .string(let string) = try JSONParser.parse(bytes, Limits()) else {
            Issue.record("no string")
            return
        }
        #expect(string.text == nil)
        let key = Array("{\"".utf8) + [0xFF] + Array("\":1}".utf8)
        #expect(throws: RequestError.self) { try JSONParser.parse(key, Limits()) }
    }

    @Test("Writes what reads back as the same")
    func writesReadable() throws {
        let document: JSON = [
            "text": "a\"\\\n\r\t\u{1}\u{7F}\u{e9}\u{1F600}", "seed": .unsigned(.max),
            "float": .float(0.1), "double": .double(1e-7), "none": .float(.nan),
            "list": .array([.bool(true), .null, .integer(-1)]),
            "picture": .dataURL(mediaType: "image/png", [1, 2, 3, 4]),
        ]
        let bytes = document.encoded
        let read = try #require(
            try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        )
        #expect(read["text"] as? String == "a\"\\\n\r\t\u{1}\u{7F}\u{e9}\u{1F600}")
        #expect(read["seed"] as? UInt64 == .max)
        #expect(read["none"] is NSNull)
        #expect(read["picture"] as? String == "data:image/png;base64,AQIDBA==")
        #expect(String(decoding: bytes, as: UTF8.self).contains("\"float\":0.1,"))
    }

    @Test("Survives damaged documents without a trap")
    func survivesMutations() {
        var random = SeededRandom(seed: 3)
        let sample = Array(
            "{\"a\":[1,-2.5e3,\"x\\u00e9\\ud83d\\ude00\",true],\"b\":{\"c\":null}}".utf8
        )
        for _ in 0..<20_000 {
            let bytes = mutated(sample, using: &random)
            // Only a trap would be wrong; either outcome may be right.
            guard let node = try? JSONParser.parse(bytes, Limits()) else { continue }
            if case .object(let members) = node {
                for case .string(let string) in members.values { _ = string.text }
            }
        }
    }
}

@Suite("Base64")
struct Base64Tests {
    @Test("Agrees with Foundation for every length, both ways")
    func agreesWithFoundation() {
        var random = SeededRandom(seed: 5)
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            var encoded: [UInt8] = []
            Base64.encode(bytes, to: &encoded)
            #expect(encoded == Array(Data(bytes).base64EncodedString().utf8))
            #expect(Base64.decode(encoded[...]) == bytes)
        }
    }

    @Test(
        "Refuses anything but the one encoding of some bytes",
        arguments: [
            "A", "AA", "AAA", "AA=", "A===", "====", "AA==AA==", "AA A", "AAA\n", "AA-_", "AB==",
            "AAB=", "=AAA", "AAAA====", "A\u{e9}AA",
        ]
    )
    func refusesOthers(_ text: String) {
        #expect(Base64.decode(Array(text.utf8)[...]) == nil)
    }
}
