import HTTPWire
import Testing

@Suite("Forms with files")
struct MultipartFormTests {
    private let type = "multipart/form-data; boundary=b"

    private func part(_ head: String, _ content: String) -> String {
        "--b\r\n\(head)\r\n\r\n\(content)\r\n"
    }

    private func form(_ body: String, _ type: String? = nil) throws -> [MultipartForm.Part] {
        try MultipartForm(Array(body.utf8), contentType: type ?? self.type).parts
    }

    @Test("Fields and files come in order, with every byte of their content")
    func reads() throws {
        let body =
            part("Content-Disposition: form-data; name=\"prompt\"", "a\r\nb --b")
            + part(
                "content-type: image/png\r\ncontent-disposition: form-data; name=image; "
                    + "filename=\"a \\\"b\\\";c.png\"",
                "\r\n\r--\n"
            ) + part("Content-Disposition: form-data; name=\"empty\"", "") + "--b--\r\n"
        let parts = try form(body)
        #expect(parts.map(\.name) == ["prompt", "image", "empty"])
        #expect(parts.map(\.fileName) == [nil, "a \"b\";c.png", nil])
        let contents = parts.map { String(decoding: $0.content, as: UTF8.self) }
        #expect(contents == ["a\r\nb --b", "\r\n\r--\n", ""])
    }

    @Test("What stands around the delimiters means nothing, and a boundary may be quoted")
    func tolerates() throws {
        let body =
            "preamble\r\n--x y \t\r\nContent-Disposition: form-data; name=a\r\n\r\n1"
            + "\r\n--x y--epilogue"
        let parts = try form(body, "Multipart/Form-Data; charset=utf-8; Boundary=\"x y\"")
        #expect(parts.map(\.name) == ["a"])
    }

    @Test(
        "A file is one by its name in either coding, and content that is there as it is may say so"
    )
    func readsFileNames() throws {
        let body =
            part(
                "Content-Disposition: form-data; name=mask; filename*=UTF-8''m%C3%A4.png\r\n"
                    + "Content-Transfer-Encoding: Binary",
                "1"
            ) + "--b--"
        #expect(try form(body).map(\.fileName) == ["UTF-8''m%C3%A4.png"])
    }

    @Test("A form without parts has none")
    func empty() throws {
        #expect(try form("--b--\r\n").isEmpty)
    }

    @Test(
        "What is no form is refused",
        arguments: [
            "", "--b", "--b\r\n", "--c--", "--bx", "--b\r\n\r\n--b--",
            "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n",
            "--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--",
            "--b\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--b--",
            "--b\r\nContent-Disposition: form-data; name=\"\"\r\n\r\n1\r\n--b--",
            "--b\r\nContent-Disposition: form-data; name="
                + String(repeating: "n", count: 257) + "\r\n\r\n1\r\n--b--",
            "--b\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64"
                + "\r\n\r\nMQ==\r\n--b--",
            "--b\r\nX: " + String(repeating: "x", count: 9000) + "\r\n\r\n1\r\n--b--",
            String(
                repeating: "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n",
                count: 129
            ) + "--b--",
        ]
    )
    func refuses(body: String) {
        #expect(throws: MultipartForm.Fault.self) { _ = try form(body) }
    }

    @Test("A boundary must be there, and no longer than 70 characters")
    func refusesBoundaries() {
        for type in [
            "multipart/form-data", "multipart/form-data; boundary=",
            "multipart/form-data; boundary=" + String(repeating: "b", count: 71),
        ] {
            #expect(throws: MultipartForm.Fault.self) { _ = try form("--b--", type) }
        }
    }
}
