import LoadGenerator
import Logging
import ServiceAPI
import Tracing

/// A collector of spans, reached by OTLP over HTTP.
enum Collector {
    /// Longest time that it may take for one request, and for all of them when the daemon ends.
    static let patience = Duration.seconds(5)

    /// Not taken.
    private struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    /// What sends spans to a collector; its failures are told in the log, a line per request to it.
    ///
    /// - Parameters:
    ///   - address: Where it is.
    ///   - logger: Where failures are told.
    /// - Returns: The exporter.
    static func exporter(to address: ServerAddress, logger: Logger) -> SpanExporter {
        let client = HTTPClient(address)
        return SpanExporter(
            service: "interleaved",
            version: BuildInformation.version,
            send: { body in
                var text: [UInt8] = []
                let answer = try client.exchange(
                    "POST",
                    "/v1/traces",
                    body: body,
                    deadline: .now.advanced(by: patience)
                ) { piece, _, _ in text += piece.prefix(max(0, 200 - text.count)) }
                guard (200..<300).contains(answer.status) else {
                    let words = String(decoding: text, as: UTF8.self)
                    throw Refusal(description: "status \(answer.status): \(words)")
                }
            },
            lost: { count, error in
                logger.warning("The collector \(address) did not take \(count) spans: \(error)")
            }
        )
    }
}
