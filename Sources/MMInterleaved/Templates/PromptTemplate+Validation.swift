internal import JSON

extension PromptTemplate {
    /// The name that stands for no template, where one would be chosen.
    package static let none = "none"

    /// Checks names, lengths and that the parts make sense.
    ///
    /// - Throws: `JSONFault` with a path below the template's.
    func validate() throws(JSONFault) {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isPlain, (1...Self.maximumNameByteCount).contains(name.utf8.count) else {
            throw JSONFault(
                path: "name",
                detail: "must be 1 to \(Self.maximumNameByteCount) of a to z, 0 to 9, - and _"
            )
        }
        guard name != Self.none else {
            throw JSONFault(
                path: "name",
                detail: "may not be \"none\", which stands for no template"
            )
        }
        try Self.check(purpose, "purpose")
        guard examples.count <= Self.maximumPartCount else {
            throw JSONFault(
                path: "examples",
                detail:
                    "has \(examples.count) elements, at most \(Self.maximumPartCount) are allowed"
            )
        }
        for (index, example) in examples.enumerated() {
            try Self.check(example, "examples[\(index)]")
        }
        try Self.check(wording, "wording", forbidden: .answer)
        try checkHistory()
        guard !inputs.isEmpty else {
            throw JSONFault(path: "wording", detail: "must have an input \"text\" or \"image\"")
        }
        try checkAnswer()
    }

    /// Checks that the pictures fit a sequence of the model, one that is drawn included.
    ///
    /// - Throws: `JSONFault` with a path below the template's.
    func checkRoom(_ language: LanguageConfiguration) throws(JSONFault) {
        let drawn = answer.mode == .text ? 0 : 1
        let count = inputs.count { $0 == .image } + drawn
        guard count <= language.imagesPerContext else {
            throw JSONFault(
                path: "wording",
                detail: "has with its answer \(count) pictures, the model has room for "
                    + "\(language.imagesPerContext)"
            )
        }
    }

    private func checkHistory() throws(JSONFault) {
        let count = wording.count { $0 == .history }
        guard count <= 1, (count == 1) == !history.isEmpty else {
            throw JSONFault(
                path: "history",
                detail: "must be there if and only if the wording has one place for it"
            )
        }
        guard !history.isEmpty else { return }
        try Self.check(history, "history", forbidden: .history)
        let texts = history.count { if case .text = $0 { true } else { false } }
        guard texts == 1, history.count(where: { $0 == .answer }) == 1, !history.contains(.image)
        else {
            throw JSONFault(
                path: "history",
                detail: "must have one input \"text\", one \"answer\" and no \"image\""
            )
        }
    }

    private func checkAnswer() throws(JSONFault) {
        let isInterleaved = answer.mode == .interleave
        guard isInterleaved || answer.first == nil else {
            throw JSONFault(
                path: "answer.force",
                detail: "has a meaning only in mode \"interleave\""
            )
        }
        guard isInterleaved || answer.maximumSegmentCount == nil else {
            throw JSONFault(
                path: "answer.max_segments",
                detail: "has a meaning only in mode \"interleave\""
            )
        }
        guard answer.mode != .image || answer.maximumTokenCount == nil else {
            throw JSONFault(path: "answer.max_tokens", detail: "has no meaning in mode \"image\"")
        }
    }

    private static func check(
        _ parts: [Part],
        _ field: String,
        forbidden: Part
    ) throws(JSONFault) {
        guard (1...maximumPartCount).contains(parts.count) else {
            throw JSONFault(
                path: field,
                detail: "has \(parts.count) elements, 1 to \(maximumPartCount) are allowed"
            )
        }
        for (index, part) in parts.enumerated() {
            guard part != forbidden else {
                throw JSONFault(path: "\(field)[\(index)]", detail: "may not stand here")
            }
            switch part {
            case .words(let text): try check(text, "\(field)[\(index)].text")
            case .text(let ending?): try check(ending, "\(field)[\(index)].ending")
            default: break
            }
        }
    }

    private static func check(_ text: String, _ field: String) throws(JSONFault) {
        guard (1...maximumTextByteCount).contains(text.utf8.count) else {
            throw JSONFault(
                path: field,
                detail: "has \(text.utf8.count) bytes, 1 to \(maximumTextByteCount) are allowed"
            )
        }
    }

    private static let maximumNameByteCount = 64
    private static let maximumTextByteCount = 4096
    private static let maximumPartCount = 32
}
