// A backend that passes answers on to browsers as they come, with Hummingbird and AsyncHTTPClient.
//
// A browser that goes away ends the daemon's computation: writing to it fails, the answer's body is let go of, which closes
// the connection to the daemon, and the daemon cancels the request.
//
//     swift run Backend 8000                                   # with DAEMON=http://localhost:8080
//     curl -N localhost:8000/story -H 'content-type: application/json' -d '{"words": "a small red square at the center on a dark background"}'
import AsyncHTTPClient
import Foundation
import Hummingbird

let daemon = ProcessInfo.processInfo.environment["DAEMON"] ?? "http://localhost:8080"
let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 8000

/// What a browser sends.
struct Story: Decodable {
    var words: String
    var seed: UInt64?
}

/// What the daemon is asked.
struct Question: Encodable {
    var template = "story"
    var stream = true
    var input: [[String: String]]
    var seed: UInt64?
}

let router = Router()
router.post("story") { request, context in
    let story = try await request.decode(as: Story.self, context: context)
    guard (1...500).contains(story.words.count) else {
        throw HTTPError(.badRequest, message: "words must be 1 to 500 characters")
    }
    let question = Question(input: [["type": "text", "text": story.words]], seed: story.seed)
    var asked = HTTPClientRequest(url: daemon + "/v1/interleave")
    asked.method = .POST
    asked.headers.add(name: "content-type", value: "application/json")
    asked.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(question)))
    let answer = try await HTTPClient.shared.execute(asked, timeout: .minutes(10))
    guard answer.status == .ok else {
        let error = try await answer.body.collect(upTo: 1 << 16)
        return Response(
            status: .init(code: Int(answer.status.code)),
            headers: [.contentType: "application/json"],
            body: .init(byteBuffer: error)
        )
    }
    let events = ResponseBody { writer in
        for try await piece in answer.body { try await writer.write(piece) }
        try await writer.finish(nil)
    }
    let headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
    return Response(status: .ok, headers: headers, body: events)
}
let address = BindAddress.hostname("127.0.0.1", port: port)
try await Application(router: router, configuration: .init(address: address)).runService()
