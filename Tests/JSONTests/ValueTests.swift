import JSON
import Testing

@Suite("Values of JSON")
struct ValueTests {
    private func parse(_ text: String, _ limits: JSONLimits = JSONLimits()) throws -> JSONNode {
        try JSONParser.parse(Array(text.utf8), limits)
    }

    private func number(_ text: String) throws -> JSONNumber {
        guard case .number(let number) = try parse(text) else { throw Missing() }
        return number
    }

    private struct Missing: Error {}

    @Test(
        "Whole numbers are exact however they are written",
        arguments: [
            ("9007199254740993", 9_007_199_254_740_993),
            ("9007199254740993.0", 9_007_199_254_740_993),
            ("9007199254740993.000e0", 9_007_199_254_740_993),
            ("900719925474099.3e1", 9_007_199_254_740_993),
            ("1e3", 1000), ("1.0", 1), ("1E+2", 100), ("1200e-2", 12), ("-0", 0), ("-0.0", 0),
            ("0e99999", 0), ("0.0e-99999999999999999999", 0), ("-5.00", -5),
            ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("-922337203685477580.8e1", .min),
        ]
    )
    func readsWholeNumbers(_ text: String, _ value: Int) throws {
        #expect(try number(text).integer == value)
    }

    @Test(
        "What is no whole number of 64 bits is none",
        arguments: [
            "0.5", "1e-1", "9007199254740993.5", "9223372036854775808", "-9223372036854775809",
            "1e19", "1e99999999999999999999999", "1e-99999999999999999999999",
            "1.0000000000000000000000000000001",
        ]
    )
    func refusesOtherNumbers(_ text: String) throws {
        #expect(try number(text).integer == nil)
    }

    @Test("Unsigned numbers reach to the last of 64 bits, and not below zero")
    func readsUnsigned() throws {
        #expect(try number("18446744073709551615").unsigned == .max)
        #expect(try number("1844674407370955161.5e1").unsigned == .max)
        #expect(try number("18446744073709551616").unsigned == nil)
        #expect(try number("-1").unsigned == nil)
        #expect(try number("-0.0").unsigned == 0)
        #expect(try number("256").whole(as: UInt8.self) == nil)
    }

    @Test("A number that no double reaches is none, and one below all is zero")
    func readsDoubles() throws {
        #expect(try number("1e999").double == nil)
        #expect(try number("1e39").float == nil)
        #expect(try number("1e-999").double == 0)
        #expect(try number("0.1").double == 0.1)
        #expect(try number("0.1").float == Float(0.1))
    }

    @Test("Resolves escapes and surrogate pairs")
    func resolvesEscapes() throws {
        #expect(
            try parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\"").text
                == "\"\\/\u{8}\u{C}\n\r\t\u{e9}\u{20AC}"
        )
        #expect(try parse("\"\\ud83d\\ude00\\uD834\\uDD1E\"").text == "\u{1F600}\u{1D11E}")
        #expect(try parse("\"\\uDBFF\\uDFFF\\u0000\"").text == "\u{10FFFF}\u{0}")
    }

    @Test("Knows how many bytes a text has before it is made")
    func countsBytes() throws {
        for text in [
            "", "a", "\\u0061", "\\n\\/", "\u{e9}\\u00e9", "\\u20ac", "\\ud83d\\ude00\u{1F600}",
        ] {
            guard case .string(let string) = try parse("\"\(text)\"") else { throw Missing() }
            #expect(string.byteCount == string.text.utf8.count, "\(text)")
        }
    }

    @Test("Refuses a text as soon as it is too long, and says which")
    func boundsStrings() throws {
        var limits = JSONLimits()
        limits.maximumStringByteCount = 4
        limits.keysOfLongStrings = ["image"]
        _ = try parse(
            "{\"a\":\"\\u0061\\u0061\\u0061\\u0061\",\"image\":\"123456\",\"b\":\"1\"}",
            limits
        )
        let escapes = String(repeating: "\\u0061", count: 1_000_000)
        let document = "{\"input\":[1,{\"text\":\"\(escapes)\"}]}"
        let error = #expect(throws: JSONError.self) { try self.parse(document, limits) }
        #expect(error?.kind == .stringTooLong(maximum: 4))
        #expect(error?.path == "input[1].text")
        #expect((error?.offset ?? .max) < 100)
        #expect(throws: JSONError.self) { try self.parse("{\"a\":[[\"12345\"]]}", limits) }
        #expect(throws: JSONError.self) { try self.parse("\"12345\"", limits) }
        limits.maximumKeyByteCount = 2
        #expect(throws: JSONError.self) { try self.parse("{\"abc\":1}", limits) }
    }

    @Test("Refuses depth and numbers of values beyond the limits")
    func boundsStructure() throws {
        var limits = JSONLimits()
        limits.maximumDepth = 2
        limits.maximumValueCount = 4
        _ = try parse("[[1,2]]", limits)
        for text in ["[[[]]]", "[1,2,3,4]", "{\"a\":{\"b\":{}}}"] {
            let error = #expect(throws: JSONError.self) { try self.parse(text, limits) }
            #expect(error?.kind == .limitExceeded, "\(text)")
        }
    }

    @Test(
        "Says at which byte a document is wrong",
        arguments: [
            ("[1,2", 4), ("{\"a\":1,\"a\":2}", 7), ("[1,\u{e9}]", 3), ("[\"\\x\"]", 2), ("[01]", 1),
            ("[1] 2", 4), ("\"abc", 0), ("[\"a\u{1}\"]", 3),
        ]
    )
    func tellsOffsets(_ text: String, _ offset: Int) {
        let error = #expect(throws: JSONError.self) { try self.parse(text) }
        #expect(error?.offset == offset)
        #expect("\(error.map { "\($0)" } ?? "")".hasSuffix("at byte \(offset)"))
    }
}
