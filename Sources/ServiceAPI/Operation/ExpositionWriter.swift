internal import Engine

/// Writes the text format of Prometheus.
///
/// Source: Prometheus, "Exposition formats", text format version 0.0.4.
struct ExpositionWriter {
    /// What a family of samples is.
    enum Kind: String {
        case counter, gauge, histogram
    }

    /// Names and values that tell the samples of a family apart.
    typealias Labels = KeyValuePairs<String, String>

    /// The media type of the text.
    static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    /// Writes the head of a family; its samples come next.
    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        let escaped = help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        text += "# HELP \(name) \(escaped)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// Writes a sample.
    mutating func sample(_ name: String, _ labels: Labels, _ value: Double) {
        text += name
        if !labels.isEmpty {
            let pairs = labels.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }
            text += "{\(pairs.joined(separator: ","))}"
        }
        text += " \(Self.number(value))\n"
    }

    /// Writes a family of one sample without labels.
    mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        family(name, kind, help)
        sample(name, [:], value)
    }

    /// Writes the samples of a histogram: cumulative buckets, sum and count.
    mutating func histogram(_ name: String, label: (String, String)? = nil, _ value: Histogram) {
        var total = 0
        for (index, count) in value.counts.enumerated() {
            total += count
            let bound = index < value.bounds.count ? Self.number(value.bounds[index]) : "+Inf"
            if let label {
                sample("\(name)_bucket", [label.0: label.1, "le": bound], Double(total))
            } else {
                sample("\(name)_bucket", ["le": bound], Double(total))
            }
        }
        let labels: Labels = label.map { [$0.0: $0.1] } ?? [:]
        sample("\(name)_sum", labels, value.sum)
        sample("\(name)_count", labels, Double(total))
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            .replacing("\n", with: "\\n")
    }

    /// A number as Go's ParseFloat reads it; whole ones without a point.
    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int(exactly: value) { return String(whole) }
        return "\(value)"
    }
}
