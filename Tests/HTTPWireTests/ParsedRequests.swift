import HTTPWire

/// A request put together from the parser's events.
struct ParsedRequest: Hashable {
    var head: RequestHead
    var body: [UInt8] = []
    var trailers = HeaderFields()
    var isComplete = false

    var text: String { String(decoding: body, as: UTF8.self) }
}

/// Drives a parser over pieces of input the way a connection does.
func parse(
    _ pieces: [[UInt8]],
    limits: RequestLimits = RequestLimits()
) throws(ParseError) -> [ParsedRequest] {
    var parser = RequestParser(limits: limits)
    var requests: [ParsedRequest] = []
    for piece in pieces {
        var offset = 0
        while true {
            let rest = piece.span.extracting(offset...)
            let progress = try parser.consume(rest)
            switch progress.event {
            case .head(let head):
                requests.append(ParsedRequest(head: head))
            case .body(let range):
                requests[requests.count - 1].body += piece[offset...].dropFirst(range.lowerBound)
                    .prefix(range.count)
            case .end(let trailers):
                requests[requests.count - 1].trailers = trailers
                requests[requests.count - 1].isComplete = true
            case nil:
                break
            }
            offset += progress.consumedByteCount
            if progress.event == nil { break }
        }
        precondition(offset == piece.count, "without an event all input is consumed")
    }
    return requests
}

func parse(
    _ text: String,
    limits: RequestLimits = RequestLimits()
) throws(ParseError) -> [ParsedRequest] {
    try parse([Array(text.utf8)], limits: limits)
}

/// The outcome of a parse, errors included, for comparisons.
func outcome(
    _ pieces: [[UInt8]],
    limits: RequestLimits = RequestLimits()
) -> Result<[ParsedRequest], ParseError> {
    Result { () throws(ParseError) in try parse(pieces, limits: limits) }
}
