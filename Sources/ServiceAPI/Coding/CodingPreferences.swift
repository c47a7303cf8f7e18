internal import HTTPWire

/// How a client would like to have contents coded, by its Accept-Encoding fields (RFC 9110 §12.5.3).
struct CodingPreferences: Sendable {
    private let lines: [String]

    /// Takes the fields of a request; they are read when somebody asks.
    init(_ fields: HeaderFields) {
        lines = fields.values(of: "accept-encoding")
    }

    /// Whether gzip is liked at least as much as no coding at all, and named: who says nothing may not know it.
    var prefersGzip: Bool {
        guard !lines.isEmpty else { return false }
        let members = HeaderParameters.list(lines)
        let gzip =
            Self.weight(of: ["gzip", "x-gzip"], in: members) ?? Self.weight(of: ["*"], in: members)
            ?? 0
        return gzip > 0 && gzip >= Self.weight(of: ["identity"], in: members) ?? 0
    }

    /// The weight of the first member of one of these names; nil if there is none.
    private static func weight(of names: [String], in members: [HeaderParameters]) -> Int? {
        members.first { member in names.contains { isSameName($0, member.value) } }?.weight
    }
}
