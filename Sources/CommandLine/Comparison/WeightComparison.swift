import MMInterleaved
import Tensors

/// How far the weights of one model are from those of another, each as what it stands for once it is rounded.
struct WeightComparison: Encodable {
    /// A parameter that is stored or rounded otherwise.
    struct Parameter: Encodable {
        let name: String
        /// What the first model stores it as, or rounds it to.
        let first: String
        let second: String
        let error: SquaredError

        private enum CodingKeys: String, CodingKey {
            case name
            case first = "a"
            case second = "b"
            case error = "nmse"
        }
    }

    /// Parameters whose names begin alike.
    struct Part: Encodable {
        let name: String
        var parameterCount = 0
        var error = SquaredError()

        private enum CodingKeys: String, CodingKey {
            case name
            case parameterCount = "parameters"
            case error = "nmse"
        }
    }

    /// All parameters, in the model's order.
    private(set) var parts: [Part] = []
    /// All parameters together.
    private(set) var all = Part(name: "all")
    /// Those that differ, in the model's order.
    private(set) var differing: [Parameter] = []

    /// Compares two models, one weight of each at a time in memory.
    ///
    /// - Parameters:
    ///   - first: What errors are measured against.
    ///   - second: A model of the same configuration.
    ///   - progress: Told the share of the weights that has been compared.
    /// - Throws: if the weights cannot be read.
    init(
        _ first: RoundedWeights,
        _ second: RoundedWeights,
        progress: (Double) -> Void = { _ in }
    ) throws {
        let total = first.parameters.reduce(0) { $0 + $1.count }
        var done = 0
        for parameter in first.parameters {
            progress(Double(done) / Double(max(1, total)))
            var error = SquaredError()
            error.add(
                try second.numbers(of: parameter),
                reference: try first.numbers(of: parameter)
            )
            add(
                Parameter(
                    name: parameter.name,
                    first: try first.format(of: parameter),
                    second: try second.format(of: parameter),
                    error: error
                )
            )
            done += parameter.count
        }
        progress(1)
    }

    private mutating func add(_ parameter: Parameter) {
        let name = StoredFormats.part(of: parameter.name)
        let index = parts.firstIndex { $0.name == name } ?? parts.endIndex
        if index == parts.endIndex { parts.append(Part(name: name)) }
        parts[index].parameterCount += 1
        parts[index].error += parameter.error
        all.parameterCount += 1
        all.error += parameter.error
        if parameter.first != parameter.second || parameter.error.normalized != 0 {
            differing.append(parameter)
        }
    }

    /// The parameters with the largest errors, the worst first; those that are no numbers before all others.
    var worst: [Parameter] {
        func rank(_ parameter: Parameter) -> Double {
            parameter.error.normalized.isNaN ? .infinity : parameter.error.normalized
        }
        return Array(differing.sorted { rank($0) > rank($1) }.prefix(Self.worstCount))
    }

    private static let worstCount = 20

    private enum CodingKeys: String, CodingKey {
        case all, parts, differing, worst
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(all, forKey: .all)
        try values.encode(parts, forKey: .parts)
        try values.encode(differing.count, forKey: .differing)
        try values.encode(worst, forKey: .worst)
    }
}

/// Sums of squares, in double precision: of numbers, and of how others differ from them.
struct SquaredError: Hashable, Encodable {
    private(set) var difference = 0.0
    private(set) var reference = 0.0

    /// Adds numbers and what they should be.
    ///
    /// - Precondition: both have the same shape.
    mutating func add(_ numbers: Matrix, reference: Matrix) {
        for row in 0..<reference.rows {
            numbers.withRow(row) { own in
                reference.withRow(row) { wanted in
                    for index in wanted.indices {
                        let number = Double(wanted[index])
                        let missed = Double(own[index]) - number
                        self.difference += missed * missed
                        self.reference += number * number
                    }
                }
            }
        }
    }

    static func += (sum: inout SquaredError, other: SquaredError) {
        sum.difference += other.difference
        sum.reference += other.reference
    }

    /// The normalised mean squared error: 0 for equal numbers, infinite where others stand for zeros, NaN where there
    /// are none.
    var normalized: Double { difference == 0 ? 0 : difference / reference }

    func encode(to encoder: any Encoder) throws { try normalized.encode(to: encoder) }
}
