internal import Scheduling

/// Requests in the order in which they arrive, and their form as text.
///
/// The text is comma-separated values: the line ``header``, then one line per request. Fields contain no commas
/// or quotes. Empty lines and lines that begin with `#` are passed over.
package struct ArrivalTrace: Hashable, Sendable {
    /// Requests; times do not fall.
    package private(set) var arrivals: [Arrival]

    /// Names of the columns: seconds since the start; `caption`, `picture` or `interleave`; `low`, `normal` or
    /// `high`; counts; 1 with guidance, else 0.
    package static let header =
        "seconds,kind,priority,prompt_tokens,images,generated_tokens,pictures,steps,guided"

    /// Largest text that is read from a file.
    package static let maximumByteCount = 256 << 20

    /// A trace of requests in any order.
    package init(_ arrivals: [Arrival]) {
        // Sorting by time and place keeps the order of those that come together.
        self.arrivals = arrivals.enumerated()
            .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    }

    /// The same requests, arriving `factor` times as fast.
    package func faster(by factor: Double) -> ArrivalTrace {
        precondition(factor > 0, "time would stand still")
        return ArrivalTrace(
            arrivals.map { arrival in
                var arrival = arrival
                arrival.time = arrival.time / factor
                return arrival
            }
        )
    }

    // MARK: - Text

    /// Reads a trace.
    ///
    /// - Throws: ``TraceError`` with the line at fault.
    package init(text: String) throws(TraceError) {
        var arrivals: [Arrival] = []
        var hasHeader = false
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard hasHeader else {
                guard line == Self.header else {
                    throw TraceError(line: index + 1, detail: "expected the header \(Self.header)")
                }
                hasHeader = true
                continue
            }
            arrivals.append(try Self.arrival(line, line: index + 1))
        }
        guard hasHeader else { throw TraceError(line: 1, detail: "there is no header") }
        self.init(arrivals)
    }

    /// The trace as text, which reads back as the same trace up to microseconds.
    package var text: String {
        arrivals.reduce(into: Self.header + "\n") { text, arrival in
            let fields: [String] = [
                Self.seconds(arrival.time), arrival.kind.rawValue, arrival.priority.rawValue,
                "\(arrival.promptTokenCount)", "\(arrival.imageCount)",
                "\(arrival.generatedTokenCount)", "\(arrival.pictureCount)",
                "\(arrival.stepCount)", arrival.isGuided ? "1" : "0",
            ]
            text += fields.joined(separator: ",") + "\n"
        }
    }

    private static func seconds(_ time: Duration) -> String {
        let microseconds = time.components.attoseconds / 1_000_000_000_000
        let digits = String(microseconds)
        let zeros = String(repeating: "0", count: max(0, 6 - digits.count))
        return "\(time.components.seconds).\(zeros)\(digits)"
    }

    private static func arrival(
        _ text: Substring,
        line: Int
    ) throws(TraceError) -> Arrival {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false)
        let names = header.split(separator: ",")
        guard fields.count == names.count else {
            throw TraceError(line: line, detail: "\(fields.count) fields, not \(names.count)")
        }
        func count(_ index: Int) throws(TraceError) -> Int {
            guard let value = Int(fields[index]), (0...1_000_000).contains(value) else {
                throw TraceError(
                    line: line,
                    detail: "\(names[index]) \"\(fields[index])\" is not between 0 and 1000000"
                )
            }
            return value
        }
        guard let seconds = Double(fields[0]), (0...1e9).contains(seconds) else {
            throw TraceError(line: line, detail: "seconds \"\(fields[0])\" is not a time")
        }
        guard let kind = RequestKind(rawValue: String(fields[1])) else {
            throw TraceError(line: line, detail: "there is no kind \"\(fields[1])\"")
        }
        guard let priority = Priority(rawValue: String(fields[2])) else {
            throw TraceError(line: line, detail: "there is no priority \"\(fields[2])\"")
        }
        guard fields[8] == "0" || fields[8] == "1" else {
            throw TraceError(line: line, detail: "guided \"\(fields[8])\" is neither 0 nor 1")
        }
        return Arrival(
            time: .microseconds(Int64((seconds * 1e6).rounded())),
            kind: kind,
            priority: priority,
            promptTokenCount: try count(3),
            imageCount: try count(4),
            generatedTokenCount: try count(5),
            pictureCount: try count(6),
            stepCount: try count(7),
            isGuided: fields[8] == "1"
        )
    }
}

/// A trace or a mix that cannot be read.
package struct TraceError: Error, Hashable, Sendable {
    /// Line of the text, from 1.
    package let line: Int
    /// What is wrong, with the field.
    package let detail: String
}
