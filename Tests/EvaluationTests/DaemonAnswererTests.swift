import Evaluation
import Foundation
import Images
import Testing

@Suite("Answers of a daemon")
struct DaemonAnswererTests {
    @Test("Words and pictures of an answer are read")
    func readsSegments() throws {
        let image = RGBImage(width: 2, height: 1, pixels: [1, 2, 3, 4, 5, 6])
        let file = Data(try ImageFileEncoder.encodePNG(image)).base64EncodedString()
        let document = """
            {"segments": [{"index": 0, "type": "image", "image": "data:image/png;base64,\(file)"},
            {"index": 1, "type": "text", "text": "now", "finish_reason": "image"},
            {"index": 2, "type": "text", "text": "then", "finish_reason": "stop"}]}
            """
        #expect(
            try DaemonAnswerer.segments(Array(document.utf8)) == [
                .picture(AnswerPicture(image)), .text("now", opensPicture: true),
                .text("then", opensPicture: false),
            ]
        )
    }

    @Test(
        "What is no answer is a fault",
        arguments: [
            "", "[]", "{}", #"{"segments": 1}"#, #"{"segments": [{"type": "text"}]}"#,
            #"{"segments": [{"image": "data:image/png;base64"}]}"#,
            #"{"segments": [{"image": "data:image/png;base64,####"}]}"#,
            #"{"segments": [{"image": "data:image/png;base64,AAAA"}]}"#,
        ]
    )
    func refusesOtherDocuments(document: String) {
        #expect(throws: (any Error).self) {
            try DaemonAnswerer.segments(Array(document.utf8))
        }
    }
}
