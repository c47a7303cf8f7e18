internal import HTTPWire

/// Requests of a connection: however the bytes are cut, they mean the same.
func readHTTPRequests(_ bytes: [UInt8]) {
    let whole = read([bytes[...]])
    // The input itself says where it is cut.
    let cut = bytes.isEmpty ? 0 : Int(bytes[bytes.count / 2]) * bytes.count / 256
    let pieces = read([bytes[..<cut], bytes[cut...]])
    let single = bytes.count <= 512 ? read(bytes.indices.map { bytes[$0...$0] }) : pieces
    expect(whole == pieces && whole == single, "requests depend on how their bytes arrive")
}

/// What a connection was understood to say.
private struct Reading: Equatable {
    var heads: [RequestHead] = []
    var bodies: [[UInt8]] = []
    var trailers: [HeaderFields] = []
    /// Whether it ended in a refusal.
    ///
    /// Which, may depend on the cut: a line that is both too long and malformed
    /// is refused for what is noticed first.
    var isRefused = false
}

private func read(_ pieces: [ArraySlice<UInt8>]) -> Reading {
    var limits = RequestLimits()
    limits.maximumBodyByteCount = 1 << 16
    var parser = RequestParser(limits: limits)
    var reading = Reading()
    do throws(ParseError) {
        for piece in pieces {
            var rest = Array(piece)
            while true {
                let progress = try parser.consume(rest.span)
                switch progress.event {
                case .head(let head):
                    reading.heads.append(head)
                    reading.bodies.append([])
                case .body(let range): reading.bodies[reading.bodies.count - 1] += rest[range]
                case .end(let trailers): reading.trailers.append(trailers)
                case nil: break
                }
                rest.removeFirst(progress.consumedByteCount)
                if progress.event == nil {
                    expect(rest.isEmpty, "bytes are left without an event")
                    break
                }
            }
        }
    } catch {
        reading.isRefused = true
        // A part of a body before the refusal may have been handed out or not.
        reading.bodies = reading.trailers.indices.map { reading.bodies[$0] }
    }
    return reading
}
