package import Images

/// A part of an answer.
package enum AnswerSegment: Hashable, Sendable {
    /// Words, and whether the model opened a picture after them.
    case text(String, opensPicture: Bool)
    /// A picture.
    case picture(AnswerPicture)
}

/// A picture of an answer.
package struct AnswerPicture: Hashable, Sendable {
    /// Its pixels.
    package let image: RGBImage

    /// Wraps pixels.
    package init(_ image: RGBImage) {
        self.image = image
    }

    package static func == (first: AnswerPicture, second: AnswerPicture) -> Bool {
        first.image == second.image
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(image.pixels)
    }
}

/// Something that answers requests: an engine in this process, a daemon, or a test's oracle.
package protocol Answerer: Sendable {
    /// Answers one request; blocks its thread until the answer is complete.
    ///
    /// - Throws: anything that makes a score of the answer meaningless.
    func answer(_ request: EvaluationRequest) throws -> [AnswerSegment]
}

/// Why there is no answer.
package struct AnswerFault: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// Describes a fault.
    package init(_ description: String) {
        self.description = description
    }
}
