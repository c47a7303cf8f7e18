import JSON
import Testing

@Suite("Types that describe themselves, as JSON")
struct CodingTests {
    private enum Colour: String, Codable { case red, green }

    private struct Thing: Codable, Hashable {
        var name: String
        var count: Int
        var small: UInt8?
        var weight: Float
        var isRound: Bool
        var colour: Colour
        var sides: [Int]
        var parts: [String: Double]
        var inner: [Inner]
    }

    private struct Inner: Codable, Hashable { var value: Double? }

    private func read(_ text: String) throws -> Thing {
        try JSONParser.parse(Array(text.utf8)).decode()
    }

    private static let document = """
        {"name": "a", "count": 3e0, "weight": 0.1, "isRound": true, "colour": "red", "sides": [1, 2],
         "parts": {"x": 1.5}, "inner": [{"value": null}, {"value": 2}], "unknown": [{}]}
        """

    @Test("Are read, written and read again as the same")
    func roundTrips() throws {
        let thing = try read(Self.document)
        #expect(thing.count == 3)
        #expect(thing.weight == 0.1)
        #expect(thing.inner == [Inner(value: nil), Inner(value: 2)])
        let written = try JSON(encoding: thing)
        #expect(try read(String(decoding: written.encoded, as: UTF8.self)) == thing)
        #expect(try read(written.prettyText) == thing)
    }

    @Test(
        "Say which member is wrong, and why, in words",
        arguments: [
            ("\"a\"", "7", "name must be a string, not a number"),
            ("3e0", "3.5", "count must be a whole number from -9223372036854775808 to"),
            ("3e0", "\"3\"", "count must be a whole number, not a string"),
            ("0.1", "1e39", "weight must be a number, not 1e39"),
            ("true", "1", "isRound must be a boolean, not a number"),
            ("\"red\"", "\"blue\"", "colour has the value \"blue\", which is not known"),
            ("[1, 2]", "[1, null]", "sides[1] must be a whole number"),
            ("[1, 2]", "{}", "sides must be an array, not an object"),
            ("1.5", "\"y\"", "parts.x must be a number, not a string"),
            ("{\"value\": 2}", "{\"value\": []}", "inner[1].value must be a number, not an array"),
            ("\"name\"", "\"nome\"", "name is missing"),
            (
                "\"unknown\"", "\"small\": 256, \"u\"",
                "small must be a whole number from 0 to 255, not 256"
            ),
        ]
    )
    func explainsFaults(_ old: String, _ new: String, _ words: String) {
        let document = Self.document.replacing(old, with: new, maxReplacements: 1)
        let error = #expect(throws: JSONFault.self) { try self.read(document) }
        #expect(error?.description.hasPrefix(words) == true, "\(error.map { "\($0)" } ?? "")")
    }
}
