package import MMInterleaved
package import Scheduling

extension Engine {
    /// Synchronizers of a model (MM-Interleaved, section 3.2).
    package struct Synchronizers: OptionSet, Hashable, Sendable {
        /// Without them a sequence knows its pictures by their image tokens alone.
        package static let language = Synchronizers(rawValue: 1)
        /// Without them a picture is drawn from its conditioning tokens alone, as if none came before it.
        package static let imageDecoder = Synchronizers(rawValue: 2)
        /// Both.
        package static let all: Synchronizers = [.language, .imageDecoder]

        /// One bit each.
        package let rawValue: Int

        /// Takes the bits.
        package init(rawValue: Int) {
            self.rawValue = rawValue
        }
    }

    /// Bounds and sizes.
    package struct Configuration: Hashable, Sendable {
        /// Worker threads; 0 for one per processor that the process may use.
        package var workerCount = 0
        /// Whether each worker keeps to a processor of its own.
        package var pinsWorkers = false
        /// Most pixels of a picture of a request.
        package var maximumPixelCount = 40_000_000
        /// Most pixels of all pictures of a request.
        package var maximumRequestPixelCount = 160_000_000
        /// Most pixels of large pictures that are decoded at the same time, of all requests.
        package var maximumDecodingPixelCount = 80_000_000
        /// Bytes for keys, values and hidden states of sequences.
        ///
        /// At least one sequence of the model's longest fits, whatever this says.
        package var keyValueByteBudget = 512 << 20
        /// Bytes for features of pictures.
        ///
        /// At least ``leastImageCount`` pictures fit, whatever this says.
        package var imageByteBudget = 256 << 20
        /// Pictures whose features fit whatever the budget says; nil for as many as one sequence may hold.
        ///
        /// Sequences that might need more than fit are refused.
        package var leastImageCount: Int?
        /// Bytes for drawings: what they keep between their steps.
        ///
        /// At least one fits, whatever this says.
        package var drawingByteBudget = 1 << 30
        /// The synchronizers that look at pictures; fewer than all is an ablation, to measure what they
        /// contribute.
        package var synchronizers = Synchronizers.all
        /// Policies and limits; the sizes of the pools follow from the budgets above.
        package var scheduling = SchedulingConfiguration()

        /// The defaults above.
        package init() {}

        /// The scheduler's view of the budgets, for a model.
        package func scheduling(_ model: InterleavedModel) -> SchedulingConfiguration {
            let language = model.configuration.language
            var scheduling = scheduling
            let blockSize = KeyValuePool.blockSize
            scheduling.blockSize = blockSize
            let longest = (language.maximumPositionCount + blockSize - 1) / blockSize
            scheduling.blockCount = max(
                // Two more, for the copies that a fork makes.
                longest + 2,
                keyValueByteBudget / model.language.byteCountPerBlock
            )
            scheduling.imageByteCount = EncodedImage.byteCount(of: model.configuration)
            scheduling.imageByteBudget = max(
                imageByteBudget,
                (leastImageCount ?? language.maximumImageCount) * scheduling.imageByteCount
            )
            let drawingByteCount = Drawing.byteCount(of: model.configuration)
            scheduling.drawingCapacity = min(
                scheduling.drawingCapacity,
                max(1, drawingByteBudget / drawingByteCount)
            )
            return scheduling
        }
    }
}
