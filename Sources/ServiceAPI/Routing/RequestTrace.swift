internal import Engine
internal import Foundation
internal import Locking
internal import Tracing

/// The engine's record of a request, once there is one: what its line in the log and its spans tell.
final class RequestProgress: Sendable {
    private let state = Mutex<RequestRecorder?>(nil)

    /// The record; nil for a request that is not computed.
    var recorder: RequestRecorder? { state.withLock { $0 } }

    /// Names the record.
    func attach(_ recorder: RequestRecorder) { state.withLock { $0 = recorder } }
}

/// A request as a part of a trace: that of its client, or one that begins with it.
struct RequestTrace: Sendable {
    /// What the client tells of its trace.
    private let context: TraceContext?
    private let trace: String
    private let exporter: SpanExporter

    /// - Parameters:
    ///   - context: What the client tells of its trace.
    ///   - exporter: Where spans go.
    init(_ context: TraceContext?, _ exporter: SpanExporter) {
        self.context = context
        self.exporter = exporter
        trace = context?.trace ?? Span.randomTrace()
    }

    /// Tells of a request that is over: a span for it, and one for each stay in the queue or a stage.
    ///
    /// - Parameters:
    ///   - name: Method and route; nothing that differs from request to request.
    ///   - start: When it arrived.
    ///   - attributes: What belongs to it.
    ///   - failure: Why it failed, if that was this server's fault.
    ///   - recorder: Where it has been.
    func export(
        name: String,
        start: ContinuousClock.Instant,
        attributes: [(name: String, value: Span.Attribute)],
        failure: String?,
        _ recorder: RequestRecorder?
    ) {
        // Its caller does not record its own part, and asks others not to.
        if let context, !context.isSampled { return }
        let now = ContinuousClock.now
        let wall = Date().timeIntervalSince1970
        func time(_ instant: ContinuousClock.Instant) -> UInt64 {
            UInt64(max(0, (wall - instant.duration(to: now).inSeconds) * 1e9))
        }
        let whole = Span(
            trace: trace,
            parent: context?.parent,
            name: name,
            kind: .server,
            start: time(start),
            end: time(now),
            attributes: attributes,
            failure: failure
        )
        let parts = (recorder?.visits ?? []).map { visit in
            Span(
                trace: trace,
                parent: whole.identifier,
                name: visit.place.rawValue,
                start: time(visit.start),
                end: time(visit.end)
            )
        }
        exporter.export([whole] + parts)
    }
}

extension Duration {
    fileprivate var inSeconds: Double { self / .seconds(1) }
}
