internal import Engine
internal import HTTPServer

/// How one dialect tells an answer: as one document, or event by event.
///
/// A format knows names and shapes; when something is sent, to whom, and what happens when that fails is the matter
/// of ``Answer``. It is used on one queue, in the order of the engine's events.
protocol AnswerFormat {
    /// Takes an event that is to be sent.
    typealias Sending = (DocumentEvent) -> Void

    /// Whether the line that ends every stream ends one that failed, too.
    static var endsFailures: Bool { get }

    // MARK: As one document

    /// Keeps a segment for the document.
    ///
    /// Cost: the compression of its pictures.
    ///
    /// - Throws: `ImageError` if a picture cannot be encoded.
    mutating func keep(_ segment: Segment) throws

    /// The whole answer, of the segments that were kept.
    func response(_ completion: Completion) -> Response

    // MARK: As a stream

    /// Begins a stream.
    mutating func begin(_ send: Sending)

    /// Tells what happened between the beginning and the end; what the dialect has no word for is passed over.
    ///
    /// - Throws: `ImageError` if a picture cannot be encoded.
    mutating func tell(_ event: EngineEvent, _ send: Sending) throws

    /// Tells that the answer is complete; nothing but the line that ends every stream follows.
    mutating func complete(_ completion: Completion, _ send: Sending)

    /// Tells that the answer ends here, unfinished; see ``endsFailures``.
    mutating func fail(_ error: ErrorResponse, _ send: Sending)
}
