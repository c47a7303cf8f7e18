internal import HTTPWire
internal import JSON

/// An event of a stream whose data is a document, written only when it is sent: pictures are large.
struct DocumentEvent {
    /// The event's name; nil for none.
    let name: String?
    /// Its data.
    let document: JSON

    /// An event.
    init(_ name: String?, _ document: JSON) {
        self.name = name
        self.document = document
    }

    /// The bytes of the event, the empty line that dispatches it included.
    var encoded: [UInt8] {
        ServerSentEvent.encoded(event: name) { document.write(to: &$0) }
    }
}
