internal import Dispatch
internal import Synchronization

/// What all connections of a server share: budgets, counts, and answers that its end waits for.
final class SharedLoad: Sendable {
    let bodies: BodyBudget
    let answers: AnswerBudget
    /// Answers that the end of serving waits for.
    let answersInProgress = DispatchGroup()
    /// Connections refused because there were too many.
    let refusedConnectionCount = Atomic(0)
    /// Connections that ended because the client's TLS was not ours.
    let failedHandshakeCount = Atomic(0)
    let refusedConnections = RefusalEpisode()
    /// Connections refused because their client had too many.
    let refusedClientConnectionCount = Atomic(0)
    let refusedClientConnections = RefusalEpisode()
    let refusedBodies = RefusalEpisode()
    let refusedClientBodies = RefusalEpisode()
    let cutAnswers = RefusalEpisode()
    let restingAcceptor = RefusalEpisode()

    init(_ configuration: HTTPServer.Configuration) {
        bodies = BodyBudget(
            capacity: configuration.bodyByteBudget,
            clientCapacity: configuration.clientBodyByteBudget
        )
        answers = AnswerBudget(capacity: configuration.answerByteBudget)
    }
}

extension HTTPServer {
    /// How much of what connections share is in use.
    package struct Load: Hashable, Sendable {
        /// Connections open, idle ones included.
        package var connectionCount = 0
        /// Most connections served at once.
        package var maximumConnectionCount = 0
        /// Connections refused because there were too many.
        package var refusedConnectionCount = 0
        /// Connections refused because their client had too many.
        package var refusedClientConnectionCount = 0
        /// Bytes of bodies on their way in, and of requests not yet taken over by the handler.
        package var bodyByteCount = 0
        /// Most of these.
        package var bodyByteBudget = 0
        /// Bodies refused because these were used up.
        package var refusedBodyCount = 0
        /// Bodies refused because their client had as many bytes as it may have.
        package var refusedClientBodyCount = 0
        /// Bytes of answers that clients have not read.
        package var answerByteCount = 0
        /// Most of these.
        package var answerByteBudget = 0
        /// Answers cut because too many of these waited, or because their clients read too slowly.
        package var cutAnswerCount = 0
        /// Connections that ended because the client's TLS was not ours.
        package var failedHandshakeCount = 0
        /// When the certificate expires, in seconds since 1970; nil without TLS.
        package var certificateExpiry: Int?

        /// Nothing in use.
        package init() {}
    }
}
