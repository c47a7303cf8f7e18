// A picture for words and a caption for that picture, with Foundation alone.
// swiftc -parse-as-library swift_urlsession.swift -o client && ./client [ADDRESS]
import Foundation
#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

struct Answer: Decodable {
    struct Segment: Decodable {
        let type: String
        let text: String?
        let image: String?
        let width: Int?
    }
    let segments: [Segment]
    let model: String
}

struct Refusal: Decodable, Error {
    struct Description: Decodable {
        let message: String
        let code: String
    }
    let error: Description
}

@main struct Client {
    static let base = CommandLine.arguments.dropFirst().first ?? "http://localhost:8080"

    static func ask(_ document: [String: Any]) async throws -> Answer {
        guard let url = URL(string: base + "/v1/interleave") else { throw URLError(.badURL) }
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.setValue("application/json", forHTTPHeaderField: "content-type")
        request.httpBody = try JSONSerialization.data(withJSONObject: document)
        let (data, response) = try await URLSession.shared.data(for: request)
        guard (response as? HTTPURLResponse)?.statusCode == 200 else {
            throw try JSONDecoder().decode(Refusal.self, from: data)
        }
        return try JSONDecoder().decode(Answer.self, from: data)
    }

    static func main() async throws {
        let words = "a large green star at the left on a light background"
        let drawn = try await ask([
            "template": "picture", "input": [["type": "text", "text": words]], "seed": 2,
        ])
        guard let picture = drawn.segments[0].image else { return }
        print("\(drawn.model) drew \(drawn.segments[0].width ?? 0) pixels")
        let caption = try await ask(["template": "caption", "input": [["type": "image", "image": picture]]])
        print("and says:", caption.segments[0].text ?? "")
        do {
            _ = try await ask(["template": "colour", "input": []])
        } catch let refusal as Refusal {
            print("refused:", refusal.error.code)
        }
    }
}
