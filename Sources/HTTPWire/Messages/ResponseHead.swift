/// Everything of a response before its body.
package struct ResponseHead: Hashable, Sendable {
    /// The outcome.
    package var status: Status
    /// The header fields; those that frame the message are the encoder's own and left out if given.
    package var fields: HeaderFields

    /// Makes a head.
    package init(status: Status, fields: HeaderFields = HeaderFields()) {
        self.status = status
        self.fields = fields
    }
}
