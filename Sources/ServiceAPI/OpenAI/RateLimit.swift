internal import Engine
internal import HTTPWire
internal import Keys

extension EngineStatus {
    /// The queue in OpenAI's header fields, as its clients and gateways read them.
    ///
    /// What is limited here is how many requests are there at once, not how many come in a minute: the request that is
    /// answered counts as one of them, and `reset` is the time in which one ends on average. Nothing limits tokens here, so
    /// that no field tells of them.
    ///
    /// Source: OpenAI API, Rate limits, "Rate limits in headers".
    var rateLimitFields: HeaderFields {
        let used = min(capacity, runningCount + waitingCount + 1)
        var fields = HeaderFields()
        fields["x-ratelimit-limit-requests"] = String(capacity)
        fields["x-ratelimit-remaining-requests"] = String(capacity - used)
        fields["x-ratelimit-reset-requests"] = "\(Int(retryAfter.milliseconds.rounded(.up)))ms"
        return fields
    }
}

extension KeyAccount {
    /// What is left of the key's limits per minute in the same fields; empty where it has none.
    ///
    /// Source: OpenAI API, Rate limits, "Rate limits in headers".
    var rateLimitFields: HeaderFields {
        let (requests, tokens) = limits()
        var fields = HeaderFields()
        for (name, state) in [("requests", requests), ("tokens", tokens)] {
            guard let state else { continue }
            fields["x-ratelimit-limit-\(name)"] = String(state.limit)
            fields["x-ratelimit-remaining-\(name)"] = String(state.remaining)
            fields["x-ratelimit-reset-\(name)"] =
                "\(Int(state.reset.milliseconds.rounded(.up)))ms"
        }
        return fields
    }
}

extension HeaderFields {
    /// Takes the fields of others; each replaces what has its name.
    mutating func set(_ others: HeaderFields) {
        for field in others { self[field.name] = field.value }
    }
}
