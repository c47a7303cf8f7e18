package import HTTPWire

/// A whole response, its body in memory.
package struct Response: Hashable, Sendable {
    /// Status and fields.
    package var head: ResponseHead
    /// The body; not sent in answer to HEAD, though its length is.
    package var body: [UInt8]

    /// Makes a response.
    package init(status: Status, fields: HeaderFields = HeaderFields(), body: [UInt8] = []) {
        head = ResponseHead(status: status, fields: fields)
        self.body = body
    }
}
