internal import HTTPServer
internal import JSON

extension MetricsDocument {
    /// What connections share, and what was refused because it ran short.
    func writeServer(_ writer: inout ExpositionWriter) {
        gauge(
            "http_connections",
            "Open connections, idle ones included.",
            Double(server.connectionCount),
            &writer
        )
        gauge(
            "http_connections_max",
            "Most connections served at once.",
            Double(server.maximumConnectionCount),
            &writer
        )
        let buffers = "interleaved_http_buffer_bytes"
        writer.family(
            buffers,
            .gauge,
            "Bytes of requests that arrive, and of answers that wait for their readers."
        )
        for (name, used, capacity) in [
            ("body", server.bodyByteCount, server.bodyByteBudget),
            ("answer", server.answerByteCount, server.answerByteBudget),
        ] {
            writer.sample(buffers, ["buffer": name, "state": "used"], Double(used))
            writer.sample(buffers, ["buffer": name, "state": "capacity"], Double(capacity))
        }
        let refusals = "interleaved_http_overload_total"
        writer.family(
            refusals,
            .counter,
            "Connections and bodies refused, and answers cut, because room was short."
        )
        for (name, count) in [
            ("connection", server.refusedConnectionCount),
            ("client_connection", server.refusedClientConnectionCount),
            ("body", server.refusedBodyCount),
            ("client_body", server.refusedClientBodyCount),
            ("answer", server.cutAnswerCount),
        ] {
            writer.sample(refusals, ["what": name], Double(count))
        }
        writer.single(
            "interleaved_tls_handshakes_failed_total",
            .counter,
            "Connections that ended because the client's TLS was not ours.",
            Double(server.failedHandshakeCount)
        )
        if let expiry = server.certificateExpiry {
            gauge(
                "tls_certificate_expiry_timestamp_seconds",
                "When the certificate of HTTPS expires, in seconds since 1970.",
                Double(expiry),
                &writer
            )
        }
        writer.single(
            "interleaved_log_lines_dropped_total",
            .counter,
            "Lines of the log that were lost because nobody read them.",
            Double(droppedLogLineCount)
        )
        writer.single(
            "interleaved_trace_spans_lost_total",
            .counter,
            "Spans that the collector did not get.",
            Double(lostSpanCount)
        )
    }
}

extension HTTPServer.Load {
    /// The member `http` of `GET /v1/engine`.
    var json: JSON {
        [
            "connections": .integer(connectionCount),
            "max_connections": .integer(maximumConnectionCount),
            "body_bytes": .integer(bodyByteCount), "max_body_bytes": .integer(bodyByteBudget),
            "answer_bytes": .integer(answerByteCount),
            "max_answer_bytes": .integer(answerByteBudget),
        ]
    }
}
