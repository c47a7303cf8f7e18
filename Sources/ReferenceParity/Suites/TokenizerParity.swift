import MMInterleaved
import Tokenization

/// Text to token ids and back.
struct TokenizerParity {
    let subject: Subject
    let report: Report

    private var tokenizer: Tokenizer { subject.tokenizer }

    func run(_ fixture: Fixture) throws {
        let cases: [[String: Any]] = try fixture.value("cases")
        for (index, recorded) in cases.enumerated() { try compareText(recorded, "text \(index)") }
        let decoded: [[String: Any]] = try fixture.value("decode_cases")
        for (index, recorded) in decoded.enumerated() {
            try compareDecoding(recorded, "decode \(index)")
        }
        let annotations: [[String: Any]] = try fixture.value("annotation_cases")
        for (index, recorded) in annotations.enumerated() {
            try compareAnnotation(recorded, "annotation \(index)")
        }
    }

    private func compareText(_ recorded: [String: Any], _ name: String) throws {
        let text: String = try member(recorded, "text")
        let ids: [Int] = try member(recorded, "ids")
        report.compareExactly(
            "\(name): ids",
            try tokenizer.encode(text, parsesSpecialTokens: true, addsBeginning: true),
            ids
        )
        report.compareExactly(
            "\(name): ids without beginning",
            try tokenizer.encode(text, parsesSpecialTokens: true),
            try member(recorded, "ids_no_special")
        )
        report.compareExactly(
            "\(name): pieces",
            ids.map { tokenizer.piece(of: $0) ?? "" },
            try member(recorded, "tokens")
        )
        try compareDecoding(recorded, name)
    }

    private func compareDecoding(_ recorded: [String: Any], _ name: String) throws {
        let ids: [Int] = try member(recorded, "ids")
        // Strings that are canonically equivalent are equal in Swift: compare scalars.
        report.compareExactly(
            "\(name): decoded",
            Array(try tokenizer.decode(ids, skipsSpecialTokens: false).unicodeScalars),
            Array(try member(recorded, "decoded", as: String.self).unicodeScalars)
        )
        let expected: String = try member(recorded, "decoded_skip_special")
        report.compareExactly(
            "\(name): decoded without special tokens",
            Array(try tokenizer.decode(ids).unicodeScalars),
            Array(expected.unicodeScalars)
        )
        var stream = StreamingDetokenizer(tokenizer: tokenizer)
        let parts = try ids.map { try stream.append($0) } + [stream.finish()]
        report.compareExactly(
            "\(name): streamed",
            Array(parts.joined().unicodeScalars),
            Array(expected.unicodeScalars)
        )
    }

    private func compareAnnotation(_ recorded: [String: Any], _ name: String) throws {
        let prompt = try InterleavedPrompt(
            sentences: try member(recorded, "sentences"),
            sentenceIndexes: try member(recorded, "sentence_ixs"),
            isImageFirst: try member(recorded, "image_first")
        )
        let imageTokenCount = subject.model.configuration.imageTokenCount
        report.compareExactly(
            "\(name): ids",
            try prompt.tokenIdentifiers(using: tokenizer, imageTokenCount: imageTokenCount),
            try member(recorded, "ids")
        )
        report.compareExactly(
            "\(name): last image",
            prompt.imageCount - 1,
            try member(recorded, "target_image_idx")
        )
        report.compareExactly(
            "\(name): ids of its text",
            try tokenizer.encode(
                member(recorded, "text"),
                parsesSpecialTokens: true,
                addsBeginning: true
            ),
            try member(recorded, "ids")
        )
    }
}
