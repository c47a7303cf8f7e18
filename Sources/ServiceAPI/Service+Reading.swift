internal import Dispatch
internal import Engine
internal import HTTPServer

extension Service {
    /// Handles a document away from the connection's queue.
    func parse(
        _ request: Request,
        _ exchange: Exchange,
        _ handle: @escaping @Sendable (Request, Exchange, Engine) throws -> Void
    ) {
        let read: @Sendable () -> Void = { [self] in
            do {
                try handle(request, exchange, engine())
            } catch {
                exchange.fail(error)
            }
        }
        self.read(request.body.count, read)
    }

    /// Reads a document away from others' queues.
    ///
    /// - Parameters:
    ///   - byteCount: How long it is.
    ///   - action: Reads it.
    func read(_ byteCount: Int, _ action: @escaping @Sendable () -> Void) {
        guard byteCount > Self.smallDocumentByteCount else {
            return parsing.async(execute: action)
        }
        largeDocuments.run(WorkLane.Demand(cost: byteCount)) {
            action()
            return nil
        }
    }

    /// Reading as much takes a fraction of a millisecond.
    private static let smallDocumentByteCount = 64 * 1024
}
