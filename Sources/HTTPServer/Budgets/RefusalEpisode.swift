internal import Locking
internal import Logging

/// Writes one line for many refusals of one kind that come close together.
///
/// Whoever is overloaded must not be kept busy by telling so.
final class RefusalEpisode: Sendable {
    private struct State {
        var last: ContinuousClock.Instant?
        var count = 0
    }

    /// Silence after which the next refusal begins another episode.
    private static let gap = Duration.seconds(60)

    private let state = Mutex(State())

    /// Notes a refusal; writes the line if it is the first of an episode.
    func note(_ logger: Logger, _ message: @autoclosure () -> String) {
        let earlier: Int? = state.withLock { state in
            let now = ContinuousClock.now
            let isFirst = state.last.map { $0.duration(to: now) > Self.gap } ?? true
            let earlier = state.count
            state.last = now
            state.count = isFirst ? 1 : state.count + 1
            return isFirst ? earlier : nil
        }
        guard let earlier else { return }
        let text = message()
        logger.warning(
            earlier > 0
                ? "\(text) More of these within a minute are not told; last time there were \(earlier)."
                : "\(text) More of these within a minute are not told."
        )
    }
}
