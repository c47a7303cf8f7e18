import Foundation
import HTTPWire
import TestSupport
import Testing

@testable import ServiceAPI

extension ServiceTests {
    @Suite("The page in the browser")
    struct PageTests {
        /// The files in the tree, by the paths where they are served.
        private var files: [String: [UInt8]] {
            get throws {
                let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                    .deletingLastPathComponent().deletingLastPathComponent()
                let folder = root.appendingPathComponent("Sources/CPage/page")
                let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
                let views = ["index.html": "/", "engine.html": "/engine", "docs.html": "/docs"]
                var files: [String: [UInt8]] = [:]
                for name in names {
                    let data = try Data(contentsOf: folder.appendingPathComponent(name))
                    files[views[name] ?? "/page/\(name)"] = [UInt8](data)
                }
                let scene = try Data(
                    contentsOf: root.appendingPathComponent("docs/examples/scene.png")
                )
                files["/page/scene.png"] = [UInt8](scene)
                return files
            }
        }

        @Test("Is served exactly as its files stand in the tree, also while the model loads")
        func servesFiles() throws {
            let types = [
                "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
                "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml", "png": "image/png",
            ]
            let files = try self.files
            #expect(Set(PageFile.all.keys) == Set(files.keys))
            try withService(isReady: false) { service in
                for (path, bytes) in files {
                    let response = try service.get(path)
                    #expect(response.status == 200, "\(path)")
                    let isSame = response.body == bytes
                    #expect(isSame, "the program was built from another file at \(path)")
                    let ending = path.contains(".") ? path.split(separator: ".").last : "html"
                    #expect(response["content-type"] == types[String(ending ?? "")], "\(path)")
                }
            }
        }

        @Test("Takes at most 200 KB in all")
        func isSmall() throws {
            let byteCount = PageFile.all.values.reduce(0) { $0 + $1.body.plain.count }
            #expect(byteCount <= 200_000, "\(byteCount)")
        }

        @Test("May load and ask nothing but the daemon's own, and run nothing inline")
        func hasStrictPolicy() throws {
            try withService { service in
                for path in PageFile.all.keys {
                    let response = try service.get(path)
                    let policy = try #require(response["content-security-policy"])
                    let rules = policy.split(separator: ";").map { rule in
                        rule.split(separator: " ").map(String.init)
                    }
                    #expect(rules.contains(["default-src", "'none'"]))
                    #expect(rules.contains(["script-src", "'self'"]))
                    #expect(rules.contains(["connect-src", "'self'"]))
                    #expect(rules.contains(["frame-ancestors", "'none'"]))
                    #expect(!policy.contains("unsafe"), "\(path)")
                    #expect(response["x-content-type-options"] == "nosniff")
                    #expect(response["referrer-policy"] == "no-referrer")
                }
            }
        }

        @Test("Names no address but that of SVG, and has no markup that the policy forbids")
        func namesNothingElsewhere() throws {
            for (path, bytes) in try files where !path.hasSuffix(".png") {
                var text = String(decoding: bytes, as: UTF8.self)
                text.replace("http://www.w3.org/2000/svg", with: "")
                #expect(!text.contains("http://") && !text.contains("https://"), "\(path)")
                if path.hasSuffix(".js") {
                    for name in ["innerHTML", "insertAdjacentHTML", "document.write", "eval("] {
                        #expect(!text.contains(name), "\(path): \(name)")
                    }
                } else if !path.hasSuffix(".css") {
                    let inline = try Regex("<style|<script(?![^>]* src=)|\\s(style|on[a-z]+)=")
                    #expect(try inline.firstMatch(in: text) == nil, "\(path)")
                }
            }
        }

        @Test("Is not sent again to a browser that has it")
        func answersConditionalRequests() throws {
            try withService { service in
                let first = try service.get("/")
                #expect(first["cache-control"] == "no-cache")
                let tag = try #require(first["etag"])
                #expect(tag.hasPrefix("\"") && tag.hasSuffix("\"") && tag.count > 2)
                for value in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                    let response = try service.get("/", "If-None-Match: \(value)\r\n")
                    #expect(response.status == 304 && response.body.isEmpty, "\(value)")
                    #expect(response["etag"] == tag && response["cache-control"] == "no-cache")
                }
                let other = try service.get("/", "If-None-Match: \"other\"\r\n")
                #expect(other.status == 200 && other.body == first.body)
            }
        }

        @Test("Has different entity tags for different files")
        func tellsFilesApart() {
            #expect(Set(PageFile.all.values.map(\.entityTag)).count == PageFile.all.count)
        }

        @Test("Answers HEAD with the length and without the file")
        func answersHead() throws {
            try withService { service in
                let whole = try service.get("/page/base.css")
                let client = try HTTPTestClient(port: service.port)
                client.send("HEAD /page/base.css HTTP/1.1\r\nHost: h\r\n\r\n")
                let head = try client.receiveResponse(isHead: true)
                #expect(head.status == 200 && head["etag"] == whole["etag"])
                #expect(head["content-length"] == String(whole.body.count))
            }
        }

        @Test("Has nothing else below its paths")
        func refusesOtherPaths() throws {
            try withService { service in
                for path in ["/page/", "/page/none.js", "/page/../openapi.yaml", "/index.html"] {
                    #expect(try service.get(path).status == 404, "\(path)")
                }
                let response = try service.exchange("PUT / HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(response.status == 405 && response["allow"] == "GET, HEAD, OPTIONS")
            }
        }
    }
}
