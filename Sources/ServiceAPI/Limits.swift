internal import JSON

/// Bounds on what one request may ask for; each refusal names the field and the bound.
package struct Limits: Hashable, Sendable {
    /// Largest request body, in bytes.
    package var maximumBodyByteCount = 64 * 1024 * 1024
    /// Deepest nesting of arrays and objects.
    package var maximumJSONDepth = 8
    /// Most values (numbers, strings, arrays, ...) in one document.
    package var maximumJSONValueCount = 100_000
    /// Most texts and pictures of one input.
    package var maximumInputPartCount = 256
    /// Longest text, in bytes.
    package var maximumTextByteCount = 1024 * 1024
    /// Most stop texts.
    package var maximumStopCount = 16
    /// Longest stop text, in bytes.
    package var maximumStopByteCount = 256
    /// Most new tokens of a text segment.
    package var maximumTokenCount = 4096
    /// Most segments of an answer.
    package var maximumSegmentCount = 32
    /// Most denoising steps.
    package var maximumStepCount = 1000
    /// Most pictures of one context.
    package var maximumPictureCount = 8
    /// Most texts of one context.
    package var maximumTextCount = 8
    /// Most beams.
    package var maximumBeamCount = 8
    /// Most alternatives per token whose log-probabilities are returned.
    package var maximumAlternativeCount = 20
    /// Most options to score.
    package var maximumOptionCount = 256
    /// Longest time that a request may set for itself.
    package var maximumTimeout = Duration.seconds(3600)
    /// Time of a request that sets none.
    package var defaultTimeout = Duration.seconds(600)
    /// Whether PNG files tell how they were made, where a request does not say.
    package var writesMetadata = true
    /// Longest name of a model or user, in bytes.
    package var maximumNameByteCount = 256

    /// The defaults above.
    package init() {}

    /// Bounds of a document: what is no picture is no longer than a text may be.
    func json(pictureKeys: Set<String>) -> JSONLimits {
        var limits = JSONLimits()
        limits.maximumDepth = maximumJSONDepth
        limits.maximumValueCount = maximumJSONValueCount
        limits.maximumStringByteCount = max(maximumTextByteCount, maximumNameByteCount)
        limits.keysOfLongStrings = pictureKeys
        return limits
    }
}
