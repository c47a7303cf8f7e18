// MARK: - Places in the queue

extension Scheduler {
    /// How many times the places that stay free a tenant's requests of one kind may take.
    ///
    /// So one kind alone gets four fifths of the queue, and some places are free for whoever has none yet: words are not
    /// refused because pictures wait, and nobody because a tenant floods.
    ///
    /// Source: Choudhury, Hahne, "Dynamic queue length thresholds for shared-memory packet switches", 1998.
    private static let shareOfFreePlaces = 4

    /// Whether a request finds a place: a free one among the running, or one in the queue.
    func requirePlace(_ bounds: RequestBounds) throws(AdmissionRefusal) {
        let freeCount = max(0, configuration.maximumRunningCount - running.count)
        let freeDrawingCount = configuration.drawingCapacity - reservedDrawingCount
        let waitingWords = tenants.values.reduce(0) { $0 + $1.words.waitingCount }
        let waitingPictures = waiting.count - waitingWords
        // Those who will find a free place at once do not count as a queue.
        let startingPictures = min(waitingPictures, freeCount, freeDrawingCount)
        let startingWords = min(waitingWords, freeCount - startingPictures)
        let (queued, startsAtOnce) =
            switch bounds.kind {
            case .words: (waitingWords - startingWords, startingPictures + waitingWords < freeCount)
            case .pictures:
                (
                    waitingPictures - startingPictures,
                    waiting.count < freeCount
                        && waitingPictures + bounds.drawingCount <= freeDrawingCount
                )
            }
        if startsAtOnce { return }
        let used = waiting.count - startingWords - startingPictures
        let limit = configuration.maximumWaitingCount
        guard used < limit else {
            throw .queueFull(.waitingRequests, used: used, limit: limit, retryAfter: retryAfter)
        }
        let own = min(queued, tenants[bounds.tenant]?[bounds.kind].waitingCount ?? 0)
        guard own < Self.shareOfFreePlaces * (limit - used) else {
            throw .shareTaken(bounds.kind, used: own, retryAfter: retryAfter)
        }
    }
}
