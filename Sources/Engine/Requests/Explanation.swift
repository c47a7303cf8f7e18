internal import Scheduling

/// What a request's answer took, step by step, and what was found computed.
package struct Explanation: Hashable, Sendable {
    /// A request's part in the batches of a stage.
    package struct Share: Hashable, Sendable {
        /// Batches that it took part in.
        package var stepCount = 0
        /// What it had in them: pictures, positions, samples.
        package var unitCount = 0
        /// What all requests had in them.
        package var batchUnitCount = 0
        /// How long they took.
        package var duration = Duration.zero
    }

    /// Where the features of a picture came from.
    package enum ImageSource: String, Sendable {
        /// They were there.
        case cached
        /// They were being computed at the time, for another request or another place.
        case shared
        /// They were computed for this request.
        case encoded
    }

    /// Its part in each stage that it needed.
    package var shares: [Stage: Share] = [:]
    /// Where the features of the input's pictures came from, in order.
    package var images: [ImageSource] = []

    /// Nothing.
    package init() {}
}
