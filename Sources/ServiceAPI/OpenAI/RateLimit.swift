internal import Engine
internal import HTTPWire

extension EngineStatus {
    /// The queue in OpenAI's header fields, as its clients and gateways read them.
    ///
    /// What is limited here is how many requests are there at once, not how many come in a minute: the request that is
    /// answered counts as one of them, and `reset` is the time in which one ends on average. There is no limit on tokens, so
    /// that no field tells one.
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
