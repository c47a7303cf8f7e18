import Engine
import HTTPServer

/// What the daemon's memory goes to at most, beside what the system lets it have.
struct MemoryNeed: Hashable, CustomStringConvertible {
    /// Bytes of the model.
    let weights: Int
    /// Bytes that the budgets let requests take together.
    let budgets: Int
    /// Bytes beyond which the system ends the process; nil without a limit.
    let limit: Int?

    /// Names the parts.
    init(weights: Int, budgets: Int, limit: Int?) {
        self.weights = weights
        self.budgets = budgets
        self.limit = limit
    }

    /// Adds up what a daemon's engine and server promise.
    init(_ engine: EngineSnapshot, _ server: HTTPServer.Configuration, limit: Int?) {
        weights = engine.weights.reduce(0) { $0 + $1.byteCount }
        let pools = engine.pools.reduce(0) { $0 + $1.capacityByteCount }
        budgets = pools + server.bodyByteBudget + server.answerByteBudget
        self.limit = limit
    }

    /// What the operator should do; nil if all fits.
    var warning: String? {
        guard let limit, weights + budgets > limit else { return nil }
        return """
            Requests may take \(sizeText(budgets)) beside a model of \(sizeText(weights)), more than the limit of \
            \(sizeText(limit)): under full load the system would end the process. Raise the limit, or lower kv_cache_bytes, \
            image_cache_bytes, drawing_bytes, max_pending_bytes, body_bytes or answer_bytes.
            """
    }

    var description: String {
        let limit = limit.map { "limit \(sizeText($0))" } ?? "no limit"
        return
            "Memory: \(sizeText(weights)) of weights, at most \(sizeText(budgets)) for requests, \(limit)."
    }
}
