import Foundation
import ServiceAPI
import TestSupport
import Testing

extension ServiceTests {
    @Suite("Tokens of an input")
    struct TokenizeInputTests {
        @Test("Are exactly as many as a request with the same input uses")
        func countsAsRequests() throws {
            let picture = TestPictures.part(try TestPictures.png(width: 20, height: 10))
            func text(_ text: String) -> String { "{\"type\":\"text\",\"text\":\"\(text)\"}" }
            try withService { service in
                for input in [
                    text("a b c"), text("  a "), picture,
                    "\(text(" a  ")),\(picture),\(text("  b"))",
                    "\(picture),\(picture),\(text(" "))", "\(text("a")),\(text(" b")),\(picture)",
                    text("<s> </s> <|image|>"),
                ] {
                    let tokens = try service.post("/v1/tokenize", "{\"input\":[\(input)]}")
                        .document()
                    let body =
                        "{\"input\":[\(input)],\"mode\":\"text\",\"text\":{\"max_tokens\":1}}"
                    let answer = try service.post("/v1/interleave", body).document()
                    let usage = try #require(answer["usage"] as? Document)
                    #expect(tokens["count"] as? Int == usage["prompt_tokens"] as? Int, "\(input)")
                    #expect((tokens["tokens"] as? [Int])?.count == tokens["count"] as? Int)
                    #expect((tokens["pieces"] as? [String])?.count == tokens["count"] as? Int)
                }
            }
        }

        @Test("More text than a field may bring is refused, in however many parts it comes")
        func refusesTooMuch() throws {
            try withService(configure: { $0.limits.maximumTextByteCount = 100 }) { service in
                func body(_ count: Int) -> String {
                    let part =
                        "{\"type\":\"text\",\"text\":\"\(String(repeating: "a", count: 20))\"}"
                    return
                        "{\"input\":[\(Array(repeating: part, count: count).joined(separator: ","))]}"
                }
                #expect(try service.post("/v1/tokenize", body(5)).status == 200)
                let response = try service.post("/v1/tokenize", body(6))
                #expect(response.status == 400)
                let error = try response.error()
                #expect(error["param"] as? String == "input")
                #expect((error["message"] as? String)?.contains("at most 100") == true)
            }
        }

        @Test("Beside them nothing of a single text has a meaning")
        func refusesBoth() throws {
            try withService { service in
                let input = "\"input\":[{\"type\":\"text\",\"text\":\"a\"}]"
                for (fields, name) in [
                    ("\"text\":\"a\"", "text"), ("\"add_bos\":true", "add_bos"),
                    ("\"parse_special\":false", "parse_special"),
                ] {
                    let response = try service.post("/v1/tokenize", "{\(input),\(fields)}")
                    #expect(response.status == 400)
                    #expect(try response.error()["param"] as? String == name)
                }
                let nulls = "\"text\":null,\"add_bos\":null,\"parse_special\":null,\"model\":null"
                #expect(try service.post("/v1/tokenize", "{\(input),\(nulls)}").status == 200)
                let plain = "\"input\":null,\"text\":\"a\",\"add_bos\":null,\"parse_special\":null"
                #expect(try service.post("/v1/tokenize", "{\(plain)}").status == 200)
                let ids = "\"tokens\":[1,5],\"skip_special\":null,\"model\":null"
                #expect(try service.post("/v1/detokenize", "{\(ids)}").status == 200)
                let none = try service.post("/v1/tokenize", "{\"text\":null}")
                #expect(try none.error()["param"] as? String == "text")
            }
        }
    }
}
