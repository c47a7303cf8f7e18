import Foundation
import ServiceAPI
import TestSupport
import Testing

extension ServiceTests {
    @Suite("OpenAPI document")
    struct OpenAPITests {
        private var file: [UInt8] {
            get throws {
                let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                    .deletingLastPathComponent().deletingLastPathComponent()
                return [UInt8](try Data(contentsOf: root.appendingPathComponent("openapi.yaml")))
            }
        }

        @Test("Is served exactly as it stands in the file, also while the model loads")
        func servesFile() throws {
            try withService(isReady: false) { service in
                let response = try service.get("/openapi.yaml")
                #expect(response.status == 200)
                #expect(response["content-type"] == "application/yaml")
                let isSame = try response.body == file
                #expect(isSame, "the program was built from another openapi.yaml")
            }
        }

        @Test("Is served as JSON too, with the same values")
        func servesJSON() throws {
            try withService(isReady: false) { service in
                let response = try service.get("/openapi.json")
                #expect(response.status == 200)
                #expect(response["content-type"] == "application/json")
                let root = try JSONSerialization.jsonObject(with: Data(response.body))
                func value(_ path: String...) -> Any? {
                    path.reduce(root as Any?) { ($0 as? [String: Any])?[$1] }
                }
                #expect(value("openapi") as? String == "3.1.0")
                #expect(value("info", "version") as? String == "1.0")
                let paths = try #require(value("paths") as? [String: Any])
                #expect(Set(paths.keys) == Set(try self.paths))
                // An alias stands for what it names; a response's key is a string.
                #expect(value("paths", "/health", "get", "responses", "503", "description") != nil)
                let settings = ["components", "schemas", "TextSettings", "properties"]
                func setting(_ name: String, _ key: String) -> Any? {
                    (settings + [name]).reduce(root as Any?) { ($0 as? [String: Any])?[$1] }
                        .flatMap { ($0 as? [String: Any])?[key] }
                }
                #expect(setting("repetition_penalty", "minimum") as? Double == 0.01)
                #expect(setting("max_tokens", "maximum") as? Int == 4096)
                #expect(setting("logprobs", "default") as? Bool == false)
                let seed = value(
                    "components",
                    "schemas",
                    "InterleaveRequest",
                    "properties",
                    "seed",
                    "maximum"
                )
                #expect((seed as? NSNumber)?.stringValue == "18446744073709551615")
            }
        }

        private var paths: [String] {
            get throws {
                String(decoding: try file, as: UTF8.self).split(separator: "\n")
                    .filter { $0.hasPrefix("  /") }.map { String($0.dropFirst(2).dropLast()) }
            }
        }

        @Test("Names every path that there is, and no other")
        func namesPaths() throws {
            let paths = try self.paths
            #expect(
                paths == [
                    "/v1/interleave", "/v1/interleave/{id}", "/v1/interleave/{id}/events",
                    "/v1/chat/completions",
                    "/v1/images/generations", "/v1/images/edits", "/v1/score", "/v1/tokenize",
                    "/v1/detokenize", "/v1/models",
                    "/v1/models/{id}", "/v1/engine", "/metrics", "/livez", "/readyz", "/health",
                    "/", "/engine", "/docs", "/page/{file}", "/openapi.yaml", "/openapi.json",
                ]
            )
            try withService { service in
                for path in paths {
                    let filled = path.replacingOccurrences(of: "{id}", with: TinyModel.name)
                        .replacingOccurrences(of: "{file}", with: "base.css")
                    let client = try HTTPTestClient(port: service.port)
                    let response = try client.exchange(
                        "PUT \(filled) HTTP/1.1\r\nHost: h\r\n\r\n"
                    )
                    #expect(response.status == 405, "\(path)")
                }
            }
        }
    }
}
