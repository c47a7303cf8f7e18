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
                #expect(isSame, "run scripts/embed-openapi")
            }
        }

        @Test("Names every path that there is, and no other")
        func namesPaths() throws {
            let text = String(decoding: try file, as: UTF8.self)
            let paths = text.split(separator: "\n").filter { $0.hasPrefix("  /") }
                .map { String($0.dropFirst(2).dropLast()) }
            #expect(
                paths == [
                    "/v1/interleave", "/v1/interleave/{id}", "/v1/score", "/v1/tokenize",
                    "/v1/detokenize", "/v1/models",
                    "/v1/models/{id}", "/v1/engine", "/metrics", "/livez", "/readyz", "/health",
                    "/openapi.yaml",
                ]
            )
            try withService { service in
                for path in paths {
                    let filled = path.replacingOccurrences(of: "{id}", with: TinyModel.name)
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
