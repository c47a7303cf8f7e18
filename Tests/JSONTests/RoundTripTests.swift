import Foundation
import JSON
import TestSupport
import Testing

@Suite("Writing JSON")
struct RoundTripTests {
    /// A random document.
    private func document(depth: Int, using random: inout SeededRandom) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 7), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .integer(Int.random(in: .min ... .max, using: &random))
        case 3: return .unsigned(random.next())
        case 4: return .double(Double(bitPattern: random.next()))
        case 5: return .float(Float(bitPattern: UInt32(truncatingIfNeeded: random.next())))
        case 6: return .string(text(using: &random))
        case 7:
            let count = Int.random(in: 0..<4, using: &random)
            return .array((0..<count).map { _ in document(depth: depth - 1, using: &random) })
        default:
            let count = Int.random(in: 0..<4, using: &random)
            return .object(
                (0..<count).map { index in
                    (text(using: &random) + "\(index)", document(depth: depth - 1, using: &random))
                }
            )
        }
    }

    private func text(using random: inout SeededRandom) -> String {
        let ranges: [ClosedRange<UInt32>] = [
            0...0x7F, 0x80...0xD7FF, 0xE000...0xFFFF, 0x10000...0x10FFFF,
        ]
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0..<6, using: &random) {
            let range = ranges.randomElement(using: &random) ?? 0...0
            if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &random)) {
                text.append(scalar)
            }
        }
        return String(text)
    }

    private func isSame(_ node: JSONNode, _ value: JSON) -> Bool {
        switch (node, value) {
        case (.null, .null): true
        case (.null, .double(let expected)): !expected.isFinite
        case (.null, .float(let expected)): !expected.isFinite
        case (.bool(let value), .bool(let expected)): value == expected
        case (.number(let number), .integer(let expected)): number.integer == expected
        case (.number(let number), .unsigned(let expected)): number.unsigned == expected
        case (.number(let number), .double(let expected)): number.double == expected
        case (.number(let number), .float(let expected)): number.float == expected
        case (.string(let string), .string(let expected)): string.text.hasSameBytes(as: expected)
        case (.array(let nodes), .array(let elements)):
            nodes.count == elements.count && zip(nodes, elements).allSatisfy { isSame($0, $1) }
        case (.object(let object), .object(let members)):
            object.members.count == members.count
                && members.allSatisfy { name, value in
                    object[name].map { isSame($0, value) } ?? false
                }
        default: false
        }
    }

    @Test("What is written reads back as the same, compact or for people")
    func readsBack() throws {
        var random = SeededRandom(seed: 41)
        for _ in 0..<1000 {
            let document = document(depth: 4, using: &random)
            for bytes in [document.encoded, Array(document.prettyText.utf8)] {
                let node = try JSONParser.parse(bytes)
                #expect(isSame(node, document), "\(String(decoding: bytes, as: UTF8.self))")
                #expect(throws: Never.self) { try JSONParser.parse(JSON(node).encoded) }
            }
        }
    }

    @Test(
        "Large whole numbers of floating point are written in full, as a reader keeps whole numbers exact"
    )
    func writesLargeWholeNumbers() throws {
        let doubles = [
            18_446_744_073_709_552, -18_446_744_073_709_552, 0x1p63, 0x1.fffffffffffffp63, 0x1p53,
        ]
        for value in doubles {
            let node = try JSONParser.parse(JSON.double(value).encoded)
            #expect(node.number == value)
            #expect(JSON(node).encoded == JSON(try JSONParser.parse(JSON(node).encoded)).encoded)
            if let whole = Int(exactly: value) { #expect(node.integer == whole) }
        }
        let float = JSON.float(123_456_792)
        #expect(try JSONParser.parse(float.encoded).integer == 123_456_792)
    }

    @Test(
        "A number that becomes another one when it is read stays that one",
        arguments: [
            "18446744073709551.16", "184.00000000000000001", "-1e-400", "18446744073709551615.5",
        ]
    )
    func staysTheSame(_ text: String) throws {
        let written = JSON(try JSONParser.parse(Array(text.utf8))).encoded
        #expect(JSON(try JSONParser.parse(written)).encoded == written)
    }

    @Test("Another reader reads the same")
    func agreesWithFoundation() throws {
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

    @Test("For people, there is a line per member, keys in order")
    func writesForPeople() {
        let document: JSON = ["b": .array([.integer(1), .array([])]), "a": [:], "c": "x"]
        #expect(
            document.prettyText == """
                {
                  "a": {},
                  "b": [
                    1,
                    []
                  ],
                  "c": "x"
                }
                """
        )
    }

    @Test("Damaged documents are read as something or refused, and never trap")
    func survivesMutations() {
        var random = SeededRandom(seed: 3)
        let sample = Array(
            "{\"a\":[1,-2.5e3,\"x\\u00e9\\ud83d\\ude00€\",true],\"b\":{\"c\":null,\"d\":93.0e-2}}"
                .utf8
        )
        func visit(_ node: JSONNode) {
            switch node {
            case .string(let string): #expect(string.byteCount == string.text.utf8.count)
            case .number(let number):
                _ = (number.integer, number.unsigned, number.double, number.float)
            case .array(let elements): elements.forEach(visit)
            case .object(let object): object.members.forEach { visit($0.value) }
            case .null, .bool: break
            }
        }
        for _ in 0..<20_000 {
            let bytes = mutated(sample, using: &random)
            // Only a trap would be wrong; either outcome may be right.
            guard let node = try? JSONParser.parse(bytes) else { continue }
            visit(node)
            _ = try? node.decode([String: [Double]].self)
        }
    }
}
