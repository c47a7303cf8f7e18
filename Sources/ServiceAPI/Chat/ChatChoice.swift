internal import Engine
internal import Images
internal import JSON
internal import MMInterleaved

/// What a choice of an answer has said so far.
struct ChatChoice {
    /// What comes to it.
    struct Delta {
        /// Place of the segment in the answer.
        let segment: Int
        var text = ""
        var logProbabilities: [TokenLogProbability]?
        var images: [JSON] = []
        var reason: FinishReason?
    }

    /// The words, a line for each text of an answer of words and pictures.
    private(set) var text = ""
    /// One for each token of them.
    private(set) var logProbabilities: [TokenLogProbability] = []
    /// The pictures as documents have them.
    private(set) var images: [JSON] = []
    /// Why the last text ended.
    private(set) var reason = FinishReason.stop

    private var segment: Int?
    /// Bytes and tokens of the segment that were told.
    private var told = (byteCount: 0, tokenCount: 0)

    /// Adds to it.
    ///
    /// - Returns: The words that it has more now: those of a further text begin a line.
    @discardableResult
    mutating func add(_ delta: Delta) -> String {
        var words = delta.text
        if segment != delta.segment {
            told = (0, 0)
            if !words.isEmpty, !text.isEmpty { words = "\n" + words }
        }
        if !delta.text.isEmpty || delta.logProbabilities != nil { segment = delta.segment }
        told.byteCount += delta.text.utf8.count
        told.tokenCount += delta.logProbabilities?.count ?? 0
        text += words
        logProbabilities += delta.logProbabilities ?? []
        images += delta.images
        reason = delta.reason ?? reason
        return words
    }

    /// What a whole segment says beyond what was told of it.
    func rest(of whole: Delta) -> Delta {
        guard segment == whole.segment else { return whole }
        var rest = whole
        rest.text = String(decoding: whole.text.utf8.dropFirst(told.byteCount), as: UTF8.self)
        rest.logProbabilities = whole.logProbabilities.map { Array($0.dropFirst(told.tokenCount)) }
        return rest
    }

    /// A picture as the next member of `images`.
    func image(_ picture: EncodedPicture) -> JSON {
        [
            "type": "image_url", "index": .integer(images.count),
            "image_url": [
                "url": .dataURL(mediaType: picture.format.mediaType, picture.bytes)
            ],
        ]
    }
}
