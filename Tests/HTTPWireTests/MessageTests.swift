import HTTPWire
import Testing

@Suite("Header fields")
struct HeaderFieldsTests {
    @Test("Finds names whatever their case and keeps order and duplicates")
    func finds() {
        var fields: HeaderFields = ["A": "1", "b": "2", "a": "3"]
        #expect(fields["a"] == "1")
        #expect(fields.values(of: "A") == ["1", "3"])
        fields["A"] = "4"
        #expect(fields.map(\.value) == ["2", "4"])
        fields["b"] = nil
        #expect(fields.map(\.name) == ["A"])
        #expect(!fields.contains("B"))
    }

    @Test("Splits lists over several lines and drops empty members (RFC 9110 §5.6.1)")
    func splitsLists() {
        let fields: HeaderFields = ["x": "a, ,b\t,", "X": " C "]
        #expect(fields.tokens(of: "x") == ["a", "b", "C"])
        // By bytes: a mark combines with no comma.
        let marked: HeaderFields = ["X": "a,\u{301}b"]
        #expect(marked.tokens(of: "x") == ["a", "\u{301}b"])
        #expect(fields.hasToken("c", in: "x"))
        #expect(!fields.hasToken("ab", in: "x"))
    }

    @Test("Only ASCII letters fold: other pairs that differ by 0x20 stay different")
    func foldsASCIIOnly() {
        #expect(isSameName("aZ", "Az"))
        #expect(!isSameName("@", "`"))
        #expect(!isSameName("[", "{"))
        #expect(!isSameName("é", "É"))
    }
}

@Suite("Request targets")
struct RequestTargetTests {
    @Test(
        "Resolves percent escapes or says that they are broken",
        arguments: [
            ("/a%20b", "/a b"), ("/%E2%82%ac", "/€"), ("/%2F", "//"), ("/%", nil), ("/%2", nil),
            ("/%zz", nil), ("/%ff", nil), ("/+", "/+"),
        ]
    )
    func decodesPath(_ target: String, _ expected: String?) {
        #expect(percentDecoded(target[...]) == expected)
    }

    @Test(
        "Escapes of unreserved characters are no difference, those of others stay",
        arguments: [
            ("/%6civez", "/livez"), ("/%6Civez?%6c", "/livez"), ("/v1%2Fscore", "/v1%2Fscore"),
            ("/a%2fb", "/a%2fb"), ("/%7E%2D%2e%5f%30%5A", "/~-._0Z"), ("/%25%36%63", "/%256c"),
            ("/%256c", "/%256c"), ("/%", "/%"), ("/%6", "/%6"), ("/%zz%61", "/%zza"),
            ("/%E2%82%AC", "/%E2%82%AC"), ("/%00%20%3F", "/%00%20%3F"),
            ("http://h/%6civez", "/livez"), ("http://h", "/"), ("http://h?%6c", "/"),
        ]
    )
    func normalisesPath(_ target: String, _ expected: String) {
        #expect(RequestHead(method: .get, target: target).path == expected)
    }

    @Test("A query is what follows the question mark, if there is one")
    func readsQuery() {
        #expect(RequestHead(method: .get, target: "/").query == nil)
        #expect(RequestHead(method: .get, target: "/?").query == "")
    }

    @Test("A scheme inside the query does not make a target absolute")
    func keepsOriginForm() {
        let head = RequestHead(method: .get, target: "/a?u=http://b/c")
        #expect(head.path == "/a")
        #expect(head.query == "u=http://b/c")
    }
}

@Suite("Dates")
struct DateFieldTests {
    @Test(
        "Formats Unix time as IMF-fixdate (RFC 9110 §5.6.7)",
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ]
    )
    func formats(_ seconds: Int, _ expected: String) {
        #expect(dateFieldValue(secondsSince1970: seconds) == expected)
    }
}
