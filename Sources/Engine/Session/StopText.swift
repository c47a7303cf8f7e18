/// Ends a text before the first of some stop texts, and holds back what could be the start of one.
struct StopText {
    private let stops: [[UInt8]]
    private var held: [UInt8] = []
    /// Bytes at the beginning of the held ones in which no stop may end.
    private var exemptCount = 0

    /// Whether a stop text came; nothing is emitted after it.
    private(set) var isHit = false

    init(_ stops: [String]) {
        self.stops = stops.map { Array($0.utf8) }.filter { !$0.isEmpty }
    }

    /// Takes more text; returns what is certain to belong to the answer.
    ///
    /// A stop that this text completes ends the answer if it `counts`; one completed before never does.
    mutating func append(_ text: String, counts: Bool = true) -> String {
        guard !isHit else { return "" }
        guard !stops.isEmpty else { return text }
        held += Array(text.utf8)
        if counts, let end = firstStop() {
            isHit = true
            defer { held = [] }
            return String(decoding: held[..<end], as: UTF8.self)
        }
        // A stop may begin in the held bytes: keep the longest end that is a beginning of one.
        var keep = 0
        for stop in stops {
            for count in stride(from: min(stop.count - 1, held.count), to: keep, by: -1)
            where held.suffix(count).elementsEqual(stop.prefix(count)) {
                keep = count
                break
            }
        }
        let certain = held.dropLast(keep)
        exemptCount = counts ? max(0, exemptCount - certain.count) : keep
        defer { held = Array(held.suffix(keep)) }
        return String(decoding: certain, as: UTF8.self)
    }

    /// Ends the text: what was held back belongs to it.
    mutating func finish() -> String {
        defer { held = [] }
        return isHit ? "" : String(decoding: held, as: UTF8.self)
    }

    /// Where the first stop text begins.
    private func firstStop() -> Int? {
        held.indices.first { start in
            stops.contains { stop in
                start + stop.count > exemptCount && held[start...].starts(with: stop)
            }
        }
    }
}
