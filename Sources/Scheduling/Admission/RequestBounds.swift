/// What a request can need at most, known before anything expensive is done for it.
package struct RequestBounds: Hashable, Sendable {
    /// Whose request it is.
    package var tenant: TenantIdentifier
    /// Weight against other requests of the tenant.
    package var priority: Priority
    /// Time after which the request is of no use, or nil.
    package var deadline: Duration?
    /// Upper bound of the positions that all sequences begin with.
    package var promptPositionCount: Int
    /// Upper bound of the positions that one sequence gets after the prompt: words and pictures.
    package var continuationPositionCount: Int
    /// Upper bound of the sequences that exist at the same time, all forks counted.
    package var sequenceCount: Int
    /// Upper bound of different pictures that are encoded: those of the input and drawn ones fed back.
    package var imageCount: Int
    /// Upper bound of drawings that exist at the same time.
    package var drawingCount: Int
    /// Bytes of input that the request holds: all from its admission, fewer once it is prepared.
    package var inputByteCount: Int
    /// What is computed even for the shortest answer.
    package var leastWork = RequestWork()
    /// What is computed for the longest.
    package var mostWork = RequestWork()

    package init(
        tenant: TenantIdentifier = .everybody,
        priority: Priority = .normal,
        deadline: Duration? = nil,
        promptPositionCount: Int,
        continuationPositionCount: Int,
        sequenceCount: Int = 1,
        imageCount: Int = 0,
        drawingCount: Int = 0,
        inputByteCount: Int = 0
    ) {
        self.tenant = tenant
        self.priority = priority
        self.deadline = deadline
        self.promptPositionCount = promptPositionCount
        self.continuationPositionCount = continuationPositionCount
        self.sequenceCount = sequenceCount
        self.imageCount = imageCount
        self.drawingCount = drawingCount
        self.inputByteCount = inputByteCount
    }

    /// What it competes for with others.
    package var kind: WorkKind { drawingCount > 0 ? .pictures : .words }

    /// Upper bound of one sequence's positions.
    package var positionCount: Int { promptPositionCount + continuationPositionCount }

    /// Blocks that the request can occupy at most.
    ///
    /// A lone sequence needs its positions' blocks. Several share the prompt's full blocks; each has a
    /// copy of the block in which the prompt ends, and what comes after it, to itself.
    package func blockCount(blockSize: Int) -> Int {
        func blocks(_ positions: Int) -> Int { (positions + blockSize - 1) / blockSize }
        guard sequenceCount > 1 else {
            return sequenceCount * blocks(positionCount)
        }
        return blocks(promptPositionCount)
            + sequenceCount * (blocks(continuationPositionCount) + 1)
    }

    /// The most sequences with which the request, all else equal, would need at most so many blocks.
    package func sequenceCount(fitting blockCount: Int, blockSize: Int) -> Int {
        var fewer = self
        while fewer.sequenceCount > 0, fewer.blockCount(blockSize: blockSize) > blockCount {
            fewer.sequenceCount -= 1
        }
        return fewer.sequenceCount
    }
}
