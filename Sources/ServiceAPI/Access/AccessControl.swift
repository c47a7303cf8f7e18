internal import HTTPWire
internal import JSON
internal import Keys

/// Decides from the head of a request who asks, and whether they may: before anything else of it is read.
struct AccessControl: Sendable {
    /// The keys that are asked for; nil where everybody may do everything.
    let keys: KeyRing?
    /// Whether what goes on inside is told without a key.
    let opensMetrics: Bool
    /// The names under which the service may be asked.
    let hosts: AllowedHosts
    /// The pages that may ask from a browser.
    let crossOrigin: CrossOrigin

    /// Finds out who asks, and refuses them where they may not.
    ///
    /// - Throws: ``ErrorResponse`` with 421 for a foreign name of the service, 403 for a foreign page or a right that the
    ///   key has not, 401 without a key that is known.
    func caller(_ head: RequestHead, _ route: Route) throws(ErrorResponse) -> Caller {
        // Supervisors ask by whatever address they have, and learn nothing but whether the process lives.
        guard route.access != .probe else { return .stranger }
        try hosts.requireAllowed(head)
        try crossOrigin.requireAllowed(head)
        guard let keys else { return .anybody }
        guard route.access != .open else { return .stranger }
        let isInside = route == .metrics || route == .engine
        if isInside, opensMetrics, !head.fields.contains("authorization") { return .stranger }
        let caller = Caller(try account(head, keys))
        guard isInside && opensMetrics || !caller.rights.isDisjoint(with: route.rights) else {
            throw ErrorResponse(
                .forbidden,
                code: "insufficient_rights",
                "the key \(quoted(caller.keyName ?? "")) lacks the right "
                    + route.rights.map(\.rawValue).joined(separator: " or ")
            )
        }
        return caller
    }

    /// Counts a request against the limits of its key.
    ///
    /// - Throws: ``ErrorResponse`` with 429.
    func count(_ caller: Caller, _ route: Route) throws(ErrorResponse) {
        // Ending a request makes room, and must be possible when there is none.
        if case .ending = route { return }
        do throws(LimitExceeded) {
            // One that is kept waits for its turn, or joins another: what the engine gets is counted when it gets it.
            let mayBeKept = route == .interleave
            try caller.account?.admit(generates: route.isComputed && !mayBeKept)
        } catch {
            throw ErrorResponse(error)
        }
    }

    private func account(_ head: RequestHead, _ keys: KeyRing) throws(ErrorResponse) -> KeyAccount {
        guard let secret = BearerToken.token(head.fields) else {
            throw .unauthorized(
                "no key was sent: it goes into the field Authorization, as Bearer and the key",
                problem: nil
            )
        }
        let reason: String
        switch keys.find(secret) {
        case .valid(let account): return account
        // Its name tells the operator who still asks with it.
        case .over(let name, .expired): reason = "the key \(quoted(name)) has expired"
        case .over(let name, _): reason = "the key \(quoted(name)) was revoked"
        case .unknown: reason = "the key is not known here"
        }
        throw .unauthorized(reason, problem: "invalid_token")
    }
}

/// The credentials of `Authorization: Bearer` (RFC 6750 §2.1).
enum BearerToken {
    /// What stands after the scheme; nil if there is no such field, more than one, or one of another scheme.
    static func token(_ fields: HeaderFields) -> Substring? {
        let values = fields.values(of: "authorization")
        guard values.count == 1, let value = values.first else { return nil }
        let scheme = value.prefix { $0 != " " }
        guard isSameName(scheme, "bearer") else { return nil }
        let token = value[scheme.endIndex...].drop { $0 == " " }
        return token.isEmpty ? nil : token
    }
}

extension ErrorResponse {
    /// The answer to a request without a key that opens anything (RFC 9110 §15.5.2).
    ///
    /// - Parameters:
    ///   - message: What is wrong.
    ///   - problem: The code of RFC 6750 §3.1 for a key that was sent; nil if none was.
    /// - Returns: The answer.
    fileprivate static func unauthorized(_ message: String, problem: String?) -> ErrorResponse {
        var error = ErrorResponse(.unauthorized, code: "invalid_api_key", message)
        // One parameter at least is a must (§3).
        let detail = problem.map { ", error=\"\($0)\"" } ?? ""
        error.fields["www-authenticate"] = "Bearer realm=\"interleaved\"" + detail
        return error
    }

    /// The answer to a request that a limit of its key forbids.
    init(_ exceeded: LimitExceeded) {
        let words =
            switch exceeded.limit {
            case .requests: "requests per minute"
            case .running: "requests at once"
            case .tokens: "tokens per minute"
            case .pictures: "pictures per minute"
            }
        self.init(
            .tooManyRequests,
            code: "rate_limit_exceeded",
            "the key may have \(exceeded.maximum) \(words)",
            // Where it depends on the end of another request: soon enough to notice, seldom enough to bear.
            retryAfter: exceeded.retryAfter ?? .seconds(1)
        )
    }
}
