/// The part of a request that an error is about; every interface has a name of its own for it.
package enum RequestField: Hashable, Sendable {
    /// The sequence to continue.
    case input
    /// A picture of the input, by its place among all parts.
    case inputPicture(part: Int)
    /// Texts whose probability is asked for, all of them.
    case optionCount
    /// A text whose probability is asked for, by its place.
    case option(Int)
    /// Most segments of an interleaved answer.
    case segmentCount
    /// Most tokens of a text.
    case tokenCount
    /// Beams of a search.
    case beamCount
    /// Texts of the same context.
    case textCount
    /// Pictures of the same context.
    case pictureCount
    /// Denoising steps of a picture.
    case stepCount
    /// Longest time from arrival to end.
    case timeout
    /// Places of an annotation's pictures among its sentences.
    case picturePlaces
    /// Pictures of an annotation.
    case pictures
}
