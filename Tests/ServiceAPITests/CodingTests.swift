import Foundation
import HTTPWire
import TestSupport
import Testing

@testable import ServiceAPI

extension ServiceTests {
    @Suite("Compressed answers")
    struct CodingTests {
        private static let gzip = "Accept-Encoding: gzip, deflate, br\r\n"

        @Test(
            "Gzip is for clients that name it and like it no less than plain bytes",
            arguments: [
                ([], false), (["gzip"], true), (["GZIP"], true), (["x-gzip"], true),
                (["deflate, br"], false), (["deflate, gzip;q=0.5"], true), (["gzip;q=0"], false),
                (["gzip; q=0.000"], false), (["gzip;q=0.001"], true), (["*"], true),
                (["*;q=0"], false), (["gzip;q=0, *"], false), (["identity"], false),
                (["identity, gzip"], true), (["identity, gzip;q=0.9"], false),
                (["identity;q=0.5, gzip;q=0.5"], true), (["br", "gzip"], true),
                (["gzip;q=2"], false), (["gzip;q=x"], false), ([""], false),
            ]
        )
        func preferences(values: [String], isGzip: Bool) {
            var fields = HeaderFields()
            for value in values { fields.append("Accept-Encoding", value) }
            #expect(CodingPreferences(fields).prefersGzip == isGzip)
        }

        @Test(
            "Documents and the page come compressed to who likes that, the same bytes as to others",
            arguments: ["/openapi.json", "/openapi.yaml", "/page/app.js", "/page/base.css"]
        )
        func kept(path: String) throws {
            try withService { service in
                let plain = try service.get(path)
                #expect(plain["content-encoding"] == nil && plain["vary"] == "accept-encoding")
                let coded = try service.get(path, Self.gzip)
                #expect(coded["content-encoding"] == "gzip" && coded["vary"] == "accept-encoding")
                #expect(coded["content-type"] == plain["content-type"])
                #expect(coded.body.count < plain.body.count / 2)
                #expect(gunzip(coded.body) == plain.body)
                let client = try HTTPTestClient(port: service.port)
                client.send("HEAD \(path) HTTP/1.1\r\nHost: h\r\n\(Self.gzip)\r\n")
                let head = try client.receiveResponse(isHead: true)
                #expect(head["content-length"] == "\(coded.body.count)")
                #expect(head["content-encoding"] == "gzip")
            }
        }

        @Test("What is made anew each time, too, and what is small not")
        func made() throws {
            try withService { service in
                let metrics = try service.get("/metrics", Self.gzip)
                #expect(metrics["content-encoding"] == "gzip")
                let text = String(decoding: gunzip(metrics.body) ?? [], as: UTF8.self)
                #expect(text.contains("interleaved_build_info"))
                let small = try service.get("/livez", Self.gzip)
                #expect(small["content-encoding"] == nil && small["vary"] == nil)
            }
        }

        @Test("Compressed and plain have tags of their own, each good for itself alone")
        func entityTags() throws {
            try withService { service in
                let plain = try #require(try service.get("/page/app.js")["etag"])
                let coded = try #require(try service.get("/page/app.js", Self.gzip)["etag"])
                #expect(plain != coded)
                func status(_ tag: String, _ fields: String = "") throws -> ReceivedResponse {
                    try service.get("/page/app.js", "If-None-Match: \(tag)\r\n\(fields)")
                }
                let same = try status(coded, Self.gzip)
                #expect(same.status == 304 && same["etag"] == coded)
                #expect(same["vary"] == "accept-encoding" && same["content-encoding"] == nil)
                #expect(try status(plain).status == 304)
                #expect(try status(plain, Self.gzip).status == 200)
                #expect(try status(coded).status == 200)
            }
        }

        @Test("An answer with pictures is the same compressed; a stream never is")
        func generations() throws {
            try withService { service in
                let body =
                    "{\"input\":[\(InterleaveTests.text)],\"seed\":7,\"mode\":\"image\",\"image\":{\"n\":2}}"
                let plain = try service.post("/v1/interleave", body)
                let coded = try service.post("/v1/interleave", body, Self.gzip)
                #expect(coded["content-encoding"] == "gzip")
                var expanded = coded
                expanded.body = try #require(gunzip(coded.body))
                #expect(expanded.body.count > coded.body.count)
                let segments = try plain.document()["segments"] as? NSArray
                #expect(segments?.count == 1)
                #expect(try expanded.document()["segments"] as? NSArray == segments)
                let stream = try service.post(
                    "/v1/interleave",
                    body,
                    Self.gzip + "Accept: text/event-stream\r\n"
                )
                #expect(stream["content-type"] == "text/event-stream")
                #expect(stream["content-encoding"] == nil && stream["vary"] == nil)
            }
        }
    }
}
