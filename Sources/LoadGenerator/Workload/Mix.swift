/// What a generated request asks for.
package enum LoadKind: String, CaseIterable, Hashable, Sendable {
    /// A picture in, words out.
    case caption
    /// Words in, a picture out.
    case picture
    /// A picture and words in, a picture and words out.
    case interleave
}

/// Kinds of requests and how often they come, relative to each other.
package struct Mix: Hashable, Sendable {
    /// Weights, in the order of ``LoadKind``; those above 0.
    package let weights: [(kind: LoadKind, weight: Double)]

    /// Why a text is no mix.
    package struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is wrong.
        package let description: String
    }

    /// Reads a mix such as `caption=6,picture=2,interleave=1`.
    ///
    /// - Throws: ``Fault``.
    package init(_ text: String) throws(Fault) {
        let known = LoadKind.allCases.map(\.rawValue).joined(separator: ", ")
        var found: [LoadKind: Double] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", omittingEmptySubsequences: false)
            guard pair.count == 2, let kind = LoadKind(rawValue: String(pair[0])) else {
                throw Fault(description: "\"\(part)\": expected KIND=WEIGHT, kinds are \(known)")
            }
            guard let weight = Double(pair[1]), weight.isFinite, weight >= 0 else {
                throw Fault(description: "\"\(part)\": the weight must be a number from 0")
            }
            guard found.updateValue(weight, forKey: kind) == nil else {
                throw Fault(description: "\"\(kind.rawValue)\" appears twice")
            }
        }
        weights = LoadKind.allCases.compactMap { kind in
            found[kind].flatMap { $0 > 0 ? (kind, $0) : nil }
        }
        guard !weights.isEmpty else { throw Fault(description: "all weights are 0") }
    }

    /// Draws a kind.
    func choose(using random: inout some RandomNumberGenerator) -> LoadKind {
        let total = weights.reduce(0) { $0 + $1.weight }
        var position = Double.random(in: 0..<total, using: &random)
        for (kind, weight) in weights {
            if position < weight { return kind }
            position -= weight
        }
        return weights[weights.count - 1].kind
    }

    package static func == (first: Self, second: Self) -> Bool {
        first.weights.elementsEqual(second.weights) { $0 == $1 }
    }

    package func hash(into hasher: inout Hasher) {
        for (kind, weight) in weights {
            hasher.combine(kind)
            hasher.combine(weight)
        }
    }
}
