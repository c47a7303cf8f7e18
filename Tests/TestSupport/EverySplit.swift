/// Gives a byte string to a consumer in every way that matters: whole, cut in two at every place, and
/// byte by byte.
///
/// - Parameters:
///   - bytes: What to feed.
///   - body: Called once per way with the pieces in order; empty pieces are part of it.
package func feedEverySplit(_ bytes: [UInt8], _ body: ([[UInt8]]) throws -> Void) rethrows {
    try body([bytes])
    for cut in 0...bytes.count {
        try body([Array(bytes[..<cut]), Array(bytes[cut...])])
    }
    try body(bytes.map { [$0] })
}
