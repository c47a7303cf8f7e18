import Foundation
import HTTPServer
import HTTPWire
import TestSupport
import Testing

extension HTTPServerTests {
    @Suite(
        "curl as the client",
        .enabled(if: FileManager.default.isExecutableFile(atPath: curlPath))
    )
    struct CurlTests {
        @Test("Uploads with Expect: 100-continue and reads the answer")
        func uploads() throws {
            let directory = try temporaryFile(byteCount: 2_000_000)
            defer { try? FileManager.default.removeItem(at: directory) }  // nothing depends on it
            let handle: ClosureHandler.Handle = { request, response in
                let text = "\(request.body.count) \(request.head.fields["expect"] ?? "none")"
                response.send(Response(status: .ok, body: Array(text.utf8)))
            }
            try withServer(handle: handle) { _, port throws in
                let url = "http://127.0.0.1:\(port)/"
                let expecting = try curl(
                    ["-H", "Expect: 100-continue", "--data-binary", "@\(directory.path)", url]
                )
                #expect(expecting == "2000000 100-continue")
                let chunked = try curl(
                    [
                        "-H", "Transfer-Encoding: chunked", "-H", "Expect:", "--data-binary",
                        "@\(directory.path)", url,
                    ]
                )
                #expect(chunked == "2000000 none")
            }
        }

        @Test("Sees 413 for an upload that is too large, with and without asking first")
        func seesTooLarge() throws {
            let file = try temporaryFile(byteCount: 30_000_000)
            defer { try? FileManager.default.removeItem(at: file) }  // nothing depends on it
            let handler = ClosureHandler(admission: { _ in .accept(maximumBodyByteCount: 1_000) })
            try withServer(handler) { _, port throws in
                for expectation in ["Expect: 100-continue", "Expect:"] {
                    let status = try curl(
                        [
                            "-o", "/dev/null", "-w", "%{http_code}", "-H", expectation,
                            "--data-binary",
                            "@\(file.path)", "http://127.0.0.1:\(port)/",
                        ]
                    )
                    #expect(status == "413", "with \(expectation)")
                }
            }
        }

        @Test("Reads a stream and reuses its connection for HEAD and another request")
        func reusesConnection() throws {
            let handle: ClosureHandler.Handle = { _, response in
                response.start(ResponseHead(status: .ok))
                for number in 0..<3 { response.write(Array("\(number)".utf8)) }
                response.finish()
            }
            try withServer(handle: handle) { _, port throws in
                let url = "http://127.0.0.1:\(port)/"
                let text = try curl([
                    "-w", " %{num_connects} ", url, "--next", "-sI", url, "--next", "-s", "-w",
                    " %{num_connects}", url,
                ])
                #expect(text.hasPrefix("012 1 "))
                #expect(text.hasSuffix("012 0"))
            }
        }
    }
}

private let curlPath = "/usr/bin/curl"

private func temporaryFile(byteCount: Int) throws -> URL {
    let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data(repeating: 0x61, count: byteCount).write(to: url)
    return url
}

/// Runs curl with a time limit and returns what it printed.
private func curl(_ arguments: [String]) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: curlPath)
    process.arguments = ["-s", "--max-time", "20"] + arguments
    process.standardOutput = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
}
