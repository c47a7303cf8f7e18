package import Scheduling
package import Tensors

/// What the engine is doing at one moment, for people and programs that watch it.
package struct EngineSnapshot: Sendable {
    /// How far a picture is.
    package struct Drawing: Hashable, Sendable {
        /// Denoising steps taken.
        package let step: Int
        /// Denoising steps to take.
        package let stepCount: Int

        /// Names the step.
        package init(step: Int, stepCount: Int) {
            self.step = step
            self.stepCount = stepCount
        }
    }

    /// A request that was admitted and has not ended.
    package struct Request: Hashable, Sendable {
        /// The name of its answer.
        package let identifier: String
        /// The name that its client and the log know it by.
        package let clientIdentifier: String
        /// Whose it is; nil where there are no tenants.
        package let tenant: String?
        /// What it asks for.
        package let kind: RequestMode
        /// How much of the machine it gets.
        package let priority: RequestPriority
        /// Where it is.
        package let place: RequestPlace
        /// Time since its submission.
        package let age: Duration
        /// Positions of its sequences that are computed; 0 where nobody says.
        package let computedPositionCount: Int
        /// Positions of its sequences; 0 where nobody says.
        package let positionCount: Int
        /// Its pictures that are being drawn.
        package let drawings: [Drawing]
    }

    /// Memory of a bounded size that requests share.
    package struct Pool: Hashable, Sendable {
        /// The name of the pool that holds keys and values of positions.
        package static let keyValueCache = "kv_cache"

        /// What is in it.
        package let name: String
        /// Blocks that requests hold.
        package let usedBlockCount: Int
        /// Blocks that nobody holds, kept because they may be asked for again.
        package let cachedBlockCount: Int
        /// All blocks.
        package let capacityBlockCount: Int
        /// Bytes of a block; 0 where blocks have different sizes.
        package let blockByteCount: Int
        /// Bytes that requests hold.
        package let usedByteCount: Int
        /// Bytes that nobody holds, kept because they may be asked for again.
        package let cachedByteCount: Int
        /// All bytes.
        package let capacityByteCount: Int

        /// A pool of equal blocks.
        package init(
            name: String,
            usedBlockCount: Int,
            cachedBlockCount: Int,
            capacityBlockCount: Int,
            blockByteCount: Int
        ) {
            self.name = name
            self.usedBlockCount = usedBlockCount
            self.cachedBlockCount = cachedBlockCount
            self.capacityBlockCount = capacityBlockCount
            self.blockByteCount = blockByteCount
            usedByteCount = usedBlockCount * blockByteCount
            cachedByteCount = cachedBlockCount * blockByteCount
            capacityByteCount = capacityBlockCount * blockByteCount
        }

        /// Share that requests hold, from 0 to 1.
        package var usage: Double {
            capacityByteCount == 0 ? 0 : Double(usedByteCount) / Double(capacityByteCount)
        }
    }

    /// Memory of the model's weights of one part and format.
    package struct Weights: Hashable, Sendable {
        /// Where the names of the part's parameters begin.
        package let part: String
        /// How they are packed.
        package let format: String
        /// Bytes that they take.
        package let byteCount: Int
    }

    /// What a batch of a stage is expected to cost.
    package struct CostModel: Hashable, Sendable {
        /// The stage.
        package let stage: Stage
        /// Time of a batch whatever its size.
        package let fixed: Duration
        /// Time that each item adds.
        package let perItem: Duration

        /// Names the terms.
        package init(stage: Stage, fixed: Duration, perItem: Duration) {
            self.stage = stage
            self.fixed = fixed
            self.perItem = perItem
        }
    }

    /// The threads that compute.
    package let workers: EngineWorkers
    /// Requests in the order of their admission, waiting and running.
    package var requests: [Request] = []
    /// The last batches, oldest first.
    package var recentSteps: [MetricsSnapshot.Step] = []
    /// Memory that requests share.
    package var pools: [Pool] = []
    /// Memory of the model.
    package var weights: [Weights] = []
    /// What batches cost, as a simulation takes it.
    package var stepCosts = StepCosts.nano
    /// What batches are expected to cost.
    package var costs: [CostModel] = []
    /// What the kernels use of the processor.
    package var instructionSets = InstructionSets.ofProcess
    /// Requests that are being computed.
    package var runningCount = 0
    /// Requests that wait.
    package var waitingCount = 0
    /// Large pictures and texts that are being prepared, and that wait for it.
    package var largeInputs = (runningCount: 0, waitingCount: 0)
    /// Time since the engine last got anywhere; nil when idle.
    package var sinceProgress: Duration?
    /// Whether new requests are refused because the engine is about to stop.
    package var isDraining = false

    /// An idle engine without memory.
    init(_ workers: EngineWorkers) {
        self.workers = workers
    }
}
