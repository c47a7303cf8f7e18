import JSON
import Testing

/// Bytes and what is to become of them.
struct GrammarCase: Sendable, CustomTestStringConvertible {
    let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }
    /// Bytes inside the quotes of a string in a list.
    init(string bytes: [UInt8]) { self.bytes = Array("[\"".utf8) + bytes + Array("\"]".utf8) }
    init(bytes: [UInt8]) { self.bytes = bytes }

    var testDescription: String { String(decoding: bytes.prefix(60), as: UTF8.self) }
}

@Suite("Grammar of JSON")
struct GrammarTests {
    private static let accepted: [GrammarCase] =
        [
            // Structure.
            "[]", "{}", "[[]]", "[[] ]", "[null]", "[false]", "[true]", "[1\n]", " [1]", "[2] ",
            "[1,null,null,null,2]", "[\"\"]", "[\"a\"]", "[{}]", "[ ]", "\n[\t]\r\n",
            "{\"a\":\"b\",\"c\":\"d\"}", "{\"a\":\"b\"}", "{\"\":0}", "{\"a\":[]}",
            "{\"min\": -1.0e+28, \"max\": 1.0e+28}", "{\n\"a\": \"b\"\n}",
            "{\"x\":[{\"id\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}], \"id\": \"x\"}",
            "{\"foo\\u0000bar\": 42}", "{\"\\u0061\": 1}",
            // Single values.
            "42", "-0.1", "null", "true", "false", "\"\"", "\"asd\"", "[\"a\"]\n",
            // Numbers.
            "[0]", "[-0]", "[-1]", "[-123]", "[123]", "[0e+1]", "[0e1]", "[1E22]", "[1E-2]",
            "[1E+2]", "[123e45]", "[123.456e78]", "[1e-2]", "[1e+2]", "[123.456789]", "[20e1]",
            "[123e65]", "[-0.0]", "[ 4]", "[-0." + String(repeating: "0", count: 77) + "1]",
            // Strings.
            "[\"\\u0060\\u012a\\u12AB\"]", "[\"\\uD801\\udc37\"]",
            "[\"\\ud83d\\ude39\\ud83d\\udc8d\"]", "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
            "[\"\\\\u0000\"]", "[\"\\\"\"]", "[\"a/*b*/c/*d//e\"]", "[\"\\\\a\"]", "[\"\\\\n\"]",
            "[\"\\u0012\"]", "[\"\\uFFFF\"]", "[\"\\u0022\"]", "[\"\\uDBFF\\uDFFF\"]",
            "[\"new\\u00A0line\"]", "[\"\\u0000\"]", "[\"\\u002c\"]", "[\"\\uD834\\uDd1e\"]",
            "[\"\\u0821\"]", "[\"\\u0123\"]", "[\"\\u0061\\u30AF\\u30EA\\u30B9\"]",
            "[\"new\\u000Aline\"]", "[\"\\u005C\"]", "[\"\\u200B\"]", "[\"\\uFDD0\"]",
            "[\"\\uD83F\\uDFFE\"]", "[\"\u{FFFF}\"]", "[\"\u{10FFFF}\"]", "[\"\u{1BFFF}\"]",
            "[\"\u{2028}\"]", "[\"\u{2029}\"]", "[\"€𝄞\"]", "[\"\u{7F}\"]", "[\"π\"]",
            "[\"asd \"]", "\" \"", "[\"⍂㈴⍂\"]",
        ].map { GrammarCase($0) }

    @Test("Accepts every form that the grammar has", arguments: accepted)
    func accepts(_ sample: GrammarCase) throws {
        _ = try JSONParser.parse(sample.bytes)
    }

    private static let refusedStructures: [String] = [
        "", " ", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1,,2]", "[1,,]", "[,]", "[\"x\"",
        "[\"x\"]]", "[1 true]", "[1 2]", "[3[4]]", "[1:2]", "[\"\",]", "[\"a\",\n4\n,1,", "[\"\"],",
        "[}", "[*]", "[1}", "[{}", "[1\n,1\n,1", "[a", "[\u{B}a\u{C}]", "[x", "[a\u{E5}]", "{",
        "}", "{]", "{\"x\", null}", "{\"x\"::\"b\"}", "{\"a\":\"a\" 123}", "{key: 'value'}",
        "{\"a\" b}", "{:\"b\"}", "{\"a\" \"b\"}", "{\"a\":", "{\"a\"", "{1:1}", "{9999E9999:1}",
        "{null:null,null:null}", "{\"id\":0,,,,,}", "{'a':0}", "{\"id\":0,}",
        "{\"a\":\"b\",,\"c\":\"d\"}", "{a: \"b\"}", "{\"a\":\"a", "{ \"foo\" : \"bar\", \"a\" }",
        "{\"a\":\"b\"}#", "{\"a\":\"b\"}#{}", "{\"a\":true} \"x\"", "{\"a\":/*comment*/\"b\"}",
        "{\"a\":\"b\"}//", "{\"a\":\"b\"}/**/", "{\"a\":\"b\"}/", "{\"a\":1 \"b\":2}",
        "{[: \"x\"}", "{} {}", "1 1", "<null>", "[<null>]", "[\"asd]", "[][]", "abc",
        "[\\u000A\"\"]", "*", "😀", "\u{FEFF}", "[\u{2060}]", "[\u{A0}1]", "\u{C}[]", "[\u{C}]",
        "2@", "[True]", "[nul]", "[fals]", "[tru]", "nan",
    ]

    private static let refusedNumbers: [String] = [
        "[-01]", "[01]", "01", "-", "[-]", "[+1]", "[++1234]", "[.-1]", "[.2e-3]", "[0.1.2]",
        "[0.3e+]", "[0.3e]", "[0.e1]", "[0E+]", "[0E]", "[0e+]", "[0e]", "[1.0e+]", "[1.0e-]",
        "[1.0e]", "[1 000.0]", "[1eE2]", "[2.e+3]", "[2.e-3]", "[2.e3]", "[9.e+]", "[Inf]",
        "[NaN]", "[\u{FF11}]", "[1+2]", "[0x1]", "[0x42]", "[Infinity]", "[-Infinity]", "[-NaN]",
        "[-foo]", "[- 1]", "[-012]", "[-.123]", "[-1x]", "[1ea]", "[1.]", "[1e]", "[.123]",
        "[1.2a-3]", "[1.8011670033376514H-308]", "[-2.]", "[1e1.]", "[0.4e+-1]", "[1__0]", "[-+1]",
    ]

    private static let refusedStrings: [String] = [
        "[\"\\uD800\\\"]", "[\"\\uD800\\u\"]", "[\"\\uD800\\u1\"]", "[\"\\uD800\\u1x\"]", "[é]",
        "[\"\\x00\"]", "[\"\\\\\\\"]", "[\"\\\t\"]", "[\"\\🌀\"]", "[\"\\\"]", "[\"\\u00A\"]",
        "[\"\\uD834\\uDd\"]", "[\"\\uD800\\uD800\\x\"]", "[\"\\a\"]", "[\"\\uqqqq\"]",
        "[\\u0020\"asd\"]", "[\\n]", "\"", "['single quote']", "[\"\\", "[\"a\u{0}a\"]",
        "[\"new\nline\"]", "[\"\t\"]", "\"\\UA66D\"", "\"\"x", "[\"\u{1F}\"]", "[\"\\u\"]",
        "[\"\\u12", "\"\\", "[\"\\u+123\"]", "[\"\\u00é\"]",
    ]

    private static let refusedBytes: [GrammarCase] = [
        GrammarCase(string: [0x5C, 0xE5]), GrammarCase(string: [0x5C, 0x75, 0xE5]),
        GrammarCase(bytes: [0xE5]), GrammarCase(bytes: [0x5B, 0xFF, 0x5D]),
        GrammarCase(bytes: [0x5B, 0x31, 0xE5, 0x5D]), GrammarCase(bytes: [0xEF, 0xBB, 0x7B, 0x7D]),
        GrammarCase(bytes: [0x7B, 0x22, 0xB9, 0x22, 0x3A, 0x30, 0x2C, 0x7D]),
        GrammarCase(bytes: [0x31, 0x32, 0x33, 0x00]), GrammarCase(bytes: [0x00]),
        GrammarCase(String(repeating: "[", count: 100_000)),
        GrammarCase(String(repeating: "[{\"\":", count: 50_000)),
    ]

    @Test(
        "Refuses everything else, and says where",
        arguments: (refusedStructures + refusedNumbers + refusedStrings).map { GrammarCase($0) }
            + refusedBytes
    )
    func refuses(_ sample: GrammarCase) throws {
        let error = #expect(throws: JSONError.self) { try JSONParser.parse(sample.bytes) }
        let offset = try #require(error?.offset)
        #expect((0...sample.bytes.count).contains(offset))
    }

    @Test("Refuses two keys of the same bytes, however they are written")
    func refusesDuplicateKeys() throws {
        for text in ["{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":1}", "{\"\":1,\"\":1}"] {
            let error = #expect(throws: JSONError.self) { try JSONParser.parse(Array(text.utf8)) }
            #expect(error?.kind == .duplicateKey)
        }
    }

    @Test("Tells keys apart that are equal only after normalisation")
    func comparesKeysByBytes() throws {
        // One character or two for an é; the sign of Kelvin and a K; the sign of Ohm and an omega.
        for (first, second) in [("\u{E9}", "e\u{301}"), ("\u{212A}", "K"), ("\u{2126}", "\u{3A9}")]
        {
            #expect(first == second)
            let node = try JSONParser.parse(Array("{\"\(first)\":1,\"\(second)\":2}".utf8))
            #expect(node[first]?.integer == 1)
            #expect(node[second]?.integer == 2)
        }
    }

    /// What RFC 8259 leaves open, and what was decided.
    private static let decisions: [(name: String, sample: GrammarCase, isAccepted: Bool)] = [
        // Numbers are characters here; whether one fits is decided where its value is asked for.
        ("exponent beyond doubles", GrammarCase("[123123e100000]"), true),
        ("negative exponent beyond doubles", GrammarCase("[123.456e-789]"), true),
        (
            "exponent of many digits",
            GrammarCase("[0.4e006" + String(repeating: "9", count: 117) + "]"), true
        ),
        ("negative number beyond doubles", GrammarCase("[-1e+9999]"), true),
        ("fraction beyond doubles", GrammarCase("[1.5e+9999]"), true),
        ("negative whole number beyond 64 bits", GrammarCase("[-123123123123123123123123]"), true),
        ("whole number beyond 64 bits", GrammarCase("[100000000000000000000]"), true),
        (
            "number of more than 1024 characters",
            GrammarCase("[1" + String(repeating: "0", count: 1024) + "]"), false
        ),
        // Texts are Unicode: half a character is none.
        ("first half of a pair alone", GrammarCase("[\"\\uDADA\"]"), false),
        ("first half, then no second", GrammarCase("[\"\\uD888\\u1234\"]"), false),
        ("first half before a line feed", GrammarCase("[\"\\uD800\\n\"]"), false),
        ("first half twice", GrammarCase("[\"\\uD800\\uD800\\n\"]"), false),
        ("first half, then letters", GrammarCase("[\"\\uD800abc\"]"), false),
        ("halves in the wrong order", GrammarCase("[\"\\uDd1e\\uD834\"]"), false),
        ("second half alone", GrammarCase("[\"\\uDFAA\"]"), false),
        ("half a pair in a key", GrammarCase("{\"\\uDFAA\":0}"), false),
        ("a byte of Latin-1", GrammarCase(string: [0xE9]), false),
        ("a surrogate in UTF-8", GrammarCase(string: [0xED, 0xA0, 0x80]), false),
        ("beyond the last character", GrammarCase(string: [0xF4, 0xBF, 0xBF, 0xBF]), false),
        ("a byte that begins nothing", GrammarCase(string: [0xFF]), false),
        ("a second byte alone", GrammarCase(string: [0x81]), false),
        ("overlong, two bytes", GrammarCase(string: [0xC0, 0xAF]), false),
        ("overlong, three bytes", GrammarCase(string: [0xE0, 0x80, 0xAF]), false),
        ("overlong, six bytes", GrammarCase(string: [0xFC, 0x83, 0xBF, 0xBF, 0xBF, 0xBF]), false),
        ("overlong zero", GrammarCase(string: [0xFC, 0x80, 0x80, 0x80, 0x80, 0x80]), false),
        ("a character cut off", GrammarCase(string: [0xE0, 0xFF]), false),
        ("good, then bad", GrammarCase(string: [0xE6, 0x97, 0xA5, 0xD1, 0x88, 0xFA]), false),
        ("UTF-16 with its mark", GrammarCase(bytes: [0xFF, 0xFE, 0x5B, 0, 0x5D, 0]), false),
        (
            "UTF-16, little endian",
            GrammarCase(bytes: [0x5B, 0, 0x22, 0, 0xE9, 0, 0x22, 0, 0x5D, 0]), false
        ),
        (
            "UTF-16, big endian",
            GrammarCase(bytes: [0, 0x5B, 0, 0x22, 0, 0xE9, 0, 0x22, 0, 0x5D]), false
        ),
        // RFC 8259 §8.1 lets a reader pass it over; two readers would disagree.
        ("byte order mark", GrammarCase(bytes: [0xEF, 0xBB, 0xBF, 0x7B, 0x7D]), false),
        (
            "five hundred levels",
            GrammarCase(
                String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
            ), false
        ),
    ]

    @Test("Decides what the grammar leaves to its readers", arguments: decisions.indices)
    func decides(_ index: Int) {
        let (name, sample, isAccepted) = Self.decisions[index]
        let node = try? JSONParser.parse(sample.bytes)
        #expect((node != nil) == isAccepted, "\(name)")
    }
}
