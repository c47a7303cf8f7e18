import Testing

/// Named bytes, and for hostile ones the status they must be answered with.
struct Sample: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let status: Int

    init(_ name: String, _ text: String, status: Int = 200) {
        self.init(name, Array(text.utf8), status: status)
    }

    init(_ name: String, _ bytes: [UInt8], status: Int = 200) {
        self.name = name
        self.bytes = bytes
        self.status = status
    }

    var testDescription: String { name }
}

enum Samples {
    private static let start = "POST / HTTP/1.1\r\nHost: h\r\n"
    private static let chunked = start + "Transfer-Encoding: chunked\r\n\r\n"

    static let valid = [
        Sample("no body", "GET /a?b HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n"),
        Sample("length", start + "Content-Length: 11\r\n\r\nhello\r\nworld".dropLast()),
        Sample("empty body", start + "Content-Length: 0\r\n\r\n"),
        Sample("chunks", chunked + "3\r\nabc\r\nb;x=y\r\nhello\r\nworl\r\n0\r\nT: u\r\n\r\n"),
        Sample(
            "chunk extensions",
            chunked + "1;a\r\nx\r\n1 ;\ta = b;c=\"d;\\\"\té\" ; e\r\ny\r\n0;f=\"\"\r\n\r\n"
        ),
        Sample("no chunk but the last", chunked + "0\r\n\r\n"),
        Sample(
            "pipelined",
            "\r\n" + chunked + "1\r\na\r\n0\r\n\r\n" + "GET / HTTP/1.0\r\n\r\n" + start
                + "Content-Length: 2\r\n\r\nab" + "GET /z HTTP/1.1\r\nHost: [::1]:8\r\n\r\n"
        ),
    ]

    static let hostile = requestLines + fieldLines + framings + chunks

    private static let requestLines = [
        Sample("TLS handshake", [0x16, 0x03, 0x01, 0x02, 0x00, 0x01], status: 400),
        Sample("HTTP/0.9", "GET /\r\n\r\n", status: 400),
        Sample("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", status: 400),
        Sample("HTTP/2.0", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", status: 505),
        Sample("HTTP/0.1", "GET / HTTP/0.1\r\nHost: h\r\n\r\n", status: 505),
        Sample("version in lower case", "GET / http/1.1\r\nHost: h\r\n\r\n", status: 400),
        Sample("version with two digits", "GET / HTTP/1.10\r\nHost: h\r\n\r\n", status: 400),
        Sample("version with a letter", "GET / HTTP/1.x\r\nHost: h\r\n\r\n", status: 400),
        Sample("two spaces before the target", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", status: 400),
        Sample("two spaces after the target", "GET /  HTTP/1.1\r\nHost: h\r\n\r\n", status: 400),
        Sample("space at the end", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n", status: 400),
        Sample("tabs for spaces", "GET\t/\tHTTP/1.1\r\nHost: h\r\n\r\n", status: 400),
        Sample("space at the start", " GET / HTTP/1.1\r\nHost: h\r\n\r\n", status: 400),
        Sample("method that is no token", "G(T / HTTP/1.1\r\nHost: h\r\n\r\n", status: 400),
        Sample(
            "endless method",
            String(repeating: "A", count: 40) + " / HTTP/1.1\r\n",
            status: 501
        ),
        Sample("relative target", "GET a HTTP/1.1\r\nHost: h\r\n\r\n", status: 400),
        Sample("fragment in the target", "GET /#a HTTP/1.1\r\nHost: h\r\n\r\n", status: 400),
        Sample("NUL in the target", "GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n", status: 400),
        Sample("target beyond ASCII", "GET /é HTTP/1.1\r\nHost: h\r\n\r\n", status: 400),
        Sample(
            "user info in the target",
            "GET http://a@b/ HTTP/1.1\r\nHost: b\r\n\r\n",
            status: 400
        ),
        Sample(
            "target without authority",
            "GET http:///a HTTP/1.1\r\nHost: b\r\n\r\n",
            status: 400
        ),
        Sample("bare LF after the request line", "GET / HTTP/1.1\nHost: h\r\n\r\n", status: 400),
        Sample("CR in the request line", "GET /\r HTTP/1.1\r\nHost: h\r\n\r\n", status: 400),
        Sample("two CR", "GET / HTTP/1.1\r\r\nHost: h\r\n\r\n", status: 400),
        Sample(
            "target one byte too long",
            "GET /" + String(repeating: "a", count: 8192) + " HTTP/1.1\r\nHost: h\r\n\r\n",
            status: 414
        ),
        Sample("endless target", "GET /" + String(repeating: "a", count: 100_000), status: 414),
    ]

    private static let fieldLines = [
        Sample("no Host", "GET / HTTP/1.1\r\n\r\n", status: 400),
        Sample("two Hosts", "GET / HTTP/1.1\r\nHost: h\r\nhost: h\r\n\r\n", status: 400),
        Sample(
            "two Hosts in HTTP/1.0",
            "GET / HTTP/1.0\r\nHost: h\r\nhost: h\r\n\r\n",
            status: 400
        ),
        Sample("path in the Host", "GET / HTTP/1.1\r\nHost: h/a\r\n\r\n", status: 400),
        Sample("user in the Host", "GET / HTTP/1.1\r\nHost: a@h\r\n\r\n", status: 400),
        Sample("space in the Host", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", status: 400),
        Sample("space before the colon", start + "A : b\r\n\r\n", status: 400),
        Sample("tab before the colon", start + "A\t: b\r\n\r\n", status: 400),
        Sample("no colon", start + "A b\r\n\r\n", status: 400),
        Sample("no name", start + ": b\r\n\r\n", status: 400),
        Sample("name that is no token", start + "A[]: b\r\n\r\n", status: 400),
        Sample("name beyond ASCII", start + "é: b\r\n\r\n", status: 400),
        Sample("folded line", start + "A: b\r\n c\r\n\r\n", status: 400),
        Sample("folded first line", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", status: 400),
        Sample("NUL in a value", start + "A: b\0c\r\n\r\n", status: 400),
        Sample("CR in a value", start + "A: b\rc\r\n\r\n", status: 400),
        Sample("DEL in a value", start + "A: b\u{7F}c\r\n\r\n", status: 400),
        Sample("bare LF after a field", start + "A: b\n\r\n", status: 400),
        Sample("bare LF at the end of the head", start + "\n", status: 400),
        Sample("other expectation", start + "Expect: more\r\n\r\n", status: 417),
        Sample(
            "101 fields",
            start + String(repeating: "A: b\r\n", count: 100) + "\r\n",
            status: 431
        ),
        Sample(
            "16 KiB of fields",
            start + "A: " + String(repeating: "b", count: 16_384),
            status: 431
        ),
    ]

    private static let framings = [
        Sample(
            "two lengths",
            start + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
            status: 400
        ),
        Sample(
            "equal lengths",
            start + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
            status: 400
        ),
        Sample("list of lengths", start + "Content-Length: 1, 1\r\n\r\n", status: 400),
        Sample("signed length", start + "Content-Length: +1\r\n\r\n", status: 400),
        Sample("negative length", start + "Content-Length: -1\r\n\r\n", status: 400),
        Sample("hexadecimal length", start + "Content-Length: 0x1\r\n\r\n", status: 400),
        Sample("length with a space", start + "Content-Length: 1 1\r\n\r\n", status: 400),
        Sample("empty length", start + "Content-Length:\r\n\r\n", status: 400),
        Sample("length in other digits", start + "Content-Length: ١\r\n\r\n", status: 400),
        Sample(
            "length over Int",
            start + "Content-Length: 99999999999999999999\r\n\r\n",
            status: 413
        ),
        Sample("length over the limit", start + "Content-Length: 67108865\r\n\r\n", status: 413),
        Sample(
            "length and chunks",
            start + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            status: 400
        ),
        Sample(
            "chunks in HTTP/1.0",
            "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
            status: 400
        ),
        Sample(
            "gzip before chunked",
            start + "Transfer-Encoding: gzip, chunked\r\n\r\n",
            status: 501
        ),
        Sample(
            "chunked before gzip",
            start + "Transfer-Encoding: chunked, gzip\r\n\r\n",
            status: 400
        ),
        Sample("gzip alone", start + "Transfer-Encoding: gzip\r\n\r\n", status: 400),
        Sample("chunked twice", start + "Transfer-Encoding: chunked, chunked\r\n\r\n", status: 400),
        Sample(
            "chunked on two lines",
            start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            status: 400
        ),
        Sample("misspelt coding", start + "Transfer-Encoding: xchunked\r\n\r\n", status: 400),
        Sample("quoted coding", start + "Transfer-Encoding: \"chunked\"\r\n\r\n", status: 400),
        Sample("empty coding", start + "Transfer-Encoding:\r\n\r\n", status: 400),
    ]

    private static let chunks = [
        Sample("chunk without size", chunked + "\r\na", status: 400),
        Sample("chunk of minus one", chunked + "-1\r\na", status: 400),
        Sample("chunk size with 0x", chunked + "0x1\r\na", status: 400),
        Sample("space before a chunk size", chunked + " 1\r\na", status: 400),
        Sample("space after a chunk size", chunked + "1 \r\na", status: 400),
        Sample("chunk size overflow", chunked + "FFFFFFFFFFFFFFFFF\r\n", status: 413),
        Sample("largest chunk size", chunked + "7FFFFFFFFFFFFFFF\r\n", status: 413),
        Sample("chunk over the limit", chunked + "4000001\r\n", status: 413),
        Sample("chunks over the limit", chunked + "1\r\na\r\n4000000\r\n", status: 413),
        Sample("chunk longer than its size", chunked + "1\r\nab\r\n", status: 400),
        Sample("chunk ended by LF", chunked + "1\r\na\n", status: 400),
        Sample("chunk size ended by LF", chunked + "1\na\r\n", status: 400),
        Sample("LF in an extension", chunked + "1;a\nb\r\n", status: 400),
        Sample("CR in an extension", chunked + "1;a\rb\r\n", status: 400),
        Sample("extension without a name", chunked + "5;\r\nhello\r\n", status: 400),
        Sample("extension of white space", chunked + "5; \r\nhello\r\n", status: 400),
        Sample("two semicolons", chunked + "5;;a\r\nhello\r\n", status: 400),
        Sample("semicolon at the end", chunked + "5;a;\r\nhello\r\n", status: 400),
        Sample("extension with only a value", chunked + "5;=a\r\nhello\r\n", status: 400),
        Sample("extension without its value", chunked + "5;a=\r\nhello\r\n", status: 400),
        Sample("extension of two words", chunked + "5;a b\r\nhello\r\n", status: 400),
        Sample("white space behind an extension", chunked + "5;a \r\nhello\r\n", status: 400),
        Sample("open quote in an extension", chunked + "5;a=\"b\r\nhello\r\n", status: 400),
        Sample("escaped last quote", chunked + "5;a=\"b\\\"\r\nhello\r\n", status: 400),
        Sample("text behind a quoted value", chunked + "5;a=\"b\"c\r\nhello\r\n", status: 400),
        Sample("quoted name", chunked + "5;\"a\"\r\nhello\r\n", status: 400),
        Sample("comma between extensions", chunked + "5;a,b\r\nhello\r\n", status: 400),
        Sample("extension behind a comma", chunked + "5,a\r\nhello\r\n", status: 400),
        Sample("NUL in a quoted value", chunked + "5;a=\"\0\"\r\nhello\r\n", status: 400),
        Sample("bare extension of the last chunk", chunked + "0;\r\n\r\n", status: 400),
        Sample("long extension", chunked + "1;" + String(repeating: "a", count: 300), status: 400),
        Sample(
            "many extensions",
            chunked
                + String(
                    repeating: "1;" + String(repeating: "a", count: 200) + "\r\na\r\n",
                    count: 90
                ),
            status: 400
        ),
        Sample("bad trailer", chunked + "0\r\nA : b\r\n\r\n", status: 400),
        Sample(
            "endless trailers",
            chunked + "0\r\nA: " + String(repeating: "b", count: 17_000),
            status: 431
        ),
        Sample(
            "many trailers",
            chunked + "0\r\n" + String(repeating: "A: b\r\n", count: 101),
            status: 431
        ),
    ]
}
