/// Until when a client wants its answer: looked at while its document is read, which may be large, as the engine looks at
/// it afterwards.
struct RequestDeadline: Sendable {
    /// Longest time from the arrival to the last byte of the answer.
    let timeout: Duration
    /// Whether the document says so.
    let isChosen: Bool
    private let arrived: ContinuousClock.Instant

    /// A deadline.
    ///
    /// - Parameters:
    ///   - timeout: Longest time from the arrival to the last byte of the answer.
    ///   - isChosen: Whether the document says so.
    ///   - arrived: When the request arrived.
    init(_ timeout: Duration, isChosen: Bool, after arrived: ContinuousClock.Instant) {
        self.timeout = timeout
        self.isChosen = isChosen
        self.arrived = arrived
    }

    /// Ends the reading when the time is over.
    ///
    /// - Throws: ``RequestError`` of kind `deadlineExceeded`.
    func check() throws(RequestError) {
        guard arrived.duration(to: .now) > timeout else { return }
        throw RequestError(
            .deadlineExceeded,
            field: "timeout_ms",
            "timeout_ms: not done within \(Int(timeout / .milliseconds(1))) ms; the document was "
                + "being read until then",
            isAskedFor: isChosen
        )
    }
}

extension ObjectReader {
    /// Takes the `timeout_ms` field.
    ///
    /// - Parameters:
    ///   - limits: What it may be, and what it is if it is left out.
    ///   - arrived: When the request arrived.
    /// - Returns: The deadline, which is not over yet.
    /// - Throws: ``RequestError`` that names the field.
    mutating func deadline(
        _ limits: Limits,
        after arrived: ContinuousClock.Instant
    ) throws(RequestError) -> RequestDeadline {
        let maximum = Int(limits.maximumTimeout / .milliseconds(1))
        let isChosen = has("timeout_ms")
        let timeout = try integer("timeout_ms", in: 1...maximum).map { Duration.milliseconds($0) }
        let deadline = RequestDeadline(
            timeout ?? limits.defaultTimeout,
            isChosen: isChosen,
            after: arrived
        )
        try deadline.check()
        return deadline
    }
}
