import HTTPWire
import Testing

@Suite("Header values with parameters")
struct HeaderParametersTests {
    @Test(
        "Names are in lower case, values without quotes and backslashes, white space around parts nowhere",
        arguments: [
            ("a/b", "a/b", []), (" a/b ; C=d\t;e=\"f;,\\\"g\" ", "a/b", ["c=d", "e=f;,\"g"]),
            ("a;;; b=c;", "a", ["b=c"]), ("a;b;c=", "a", ["b", "c="]), ("", "", []),
            ("a; b =c", "a", ["b =c"]), ("a;b=\"c", "a", ["b=c"]),
            ("a;b=\"c\"d;e=f", "a", ["b=c", "e=f"]),
        ]
    )
    func reads(text: String, value: String, parameters: [String]) {
        let read = HeaderParameters(text)
        #expect(read.value == value)
        let found = read.parameters.map { $0.name + ($0.value.map { "=\($0)" } ?? "") }
        #expect(found == parameters)
    }

    @Test("Quotes end where they stand, whatever mark would combine with them")
    func readsByBytes() {
        let read = HeaderParameters("form-data; name=\"a\u{301}\"; filename=\"\u{301}b;c\"; d=e")
        #expect(read["name"] == "a\u{301}" && read["filename"] == "\u{301}b;c" && read["d"] == "e")
    }

    @Test("Of equal names the first counts")
    func prefersFirst() {
        #expect(HeaderParameters("a; b=1; B=2")["b"] == "1")
    }

    @Test("Lists are cut at commas outside of quotes")
    func readsLists() {
        let list = HeaderParameters.list(["a;b=\"c,d\", e", "f"])
        #expect(list.map(\.value) == ["a", "e", "f"] && list[0]["b"] == "c,d")
    }
}
