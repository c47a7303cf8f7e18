import Foundation
import JSON
import TestSupport
import Testing

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

    @Test("Reads lines of any length, the alphabet for addresses, and what lacks its padding")
    func readsVariants() {
        var random = SeededRandom(seed: 6)
        let breaks = ["", "", "\r\n", " \t"]
        for count in 0..<120 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let encoded = Data(bytes).base64EncodedString()
            let wrapped = encoded.enumerated().map { "\($1)" + breaks[$0 * 7 % 4] }.joined()
            let safe = encoded.replacing("+", with: "-").replacing("/", with: "_")
            let bare = safe.replacing("=", with: "")
            for text in [
                wrapped, "\n\(wrapped)\n", safe, bare, encoded.replacing("=", with: ""),
            ] {
                #expect(Base64.decode(Array(text.utf8)[...]) == bytes, "\(text)")
            }
        }
    }

    @Test(
        "Refuses what encodes nothing, or two things at once",
        arguments: [
            "A", "AA=", "A===", "====", "AA==AA==", "AAAA====", "AAAA=", "AB==", "AB", "AAB=",
            "AAB", "=AAA", "A\u{e9}AA", "AA+_", "-/AA", "AA\u{b}AA", "AA=A", "AAA==", "AAAAA",
            "AA.=", "A\u{0}AA",
        ]
    )
    func refusesOthers(_ text: String) {
        #expect(Base64.decode(Array(text.utf8)[...]) == nil)
    }
}
