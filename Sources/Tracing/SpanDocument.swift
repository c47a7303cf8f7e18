internal import JSON

/// Spans as a request to a collector.
///
/// Source: OpenTelemetry protocol 1.x, `ExportTraceServiceRequest` in its JSON encoding: names in lowerCamelCase, identifiers
/// in hexadecimal, 64-bit integers as decimal strings.
struct SpanDocument {
    /// What the process is called, and its version.
    let service: String
    let version: String
    /// Tells this process from others of the same service.
    let instance: String
    let spans: [Span]

    /// The bytes of the body.
    var encoded: [UInt8] {
        let resource: JSON = [
            "attributes": .array([
                Self.member("service.name", .text(service)),
                Self.member("service.version", .text(version)),
                Self.member("service.instance.id", .text(instance)),
            ])
        ]
        let scope: JSON = ["name": .string(service), "version": .string(version)]
        let group: JSON = ["scope": scope, "spans": .array(spans.map(Self.json))]
        let document: JSON = [
            "resourceSpans": .array([["resource": resource, "scopeSpans": .array([group])]])
        ]
        return document.encoded
    }

    private static func json(_ span: Span) -> JSON {
        var members: [(name: String, value: JSON)] = [
            ("traceId", .string(span.trace)), ("spanId", .string(span.identifier)),
        ]
        if let parent = span.parent { members.append(("parentSpanId", .string(parent))) }
        members += [
            ("name", .string(span.name)), ("kind", .integer(span.kind.rawValue)),
            ("startTimeUnixNano", .string(String(span.start))),
            ("endTimeUnixNano", .string(String(span.end))),
            ("attributes", .array(span.attributes.map { member($0.name, $0.value) })),
        ]
        if let failure = span.failure {
            // 2 is STATUS_CODE_ERROR.
            members.append(("status", ["code": .integer(2), "message": .string(failure)]))
        }
        return .object(members)
    }

    private static func member(_ name: String, _ value: Span.Attribute) -> JSON {
        let value: JSON =
            switch value {
            case .text(let text): ["stringValue": .string(text)]
            case .integer(let number): ["intValue": .string(String(number))]
            }
        return ["key": .string(name), "value": value]
    }
}
