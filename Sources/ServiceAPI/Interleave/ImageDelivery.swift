/// How a stream brings a picture.
package enum ImageDelivery: String, CaseIterable, Sendable {
    /// With the end of its segment, in one line.
    case whole
    /// In `image.delta` events before it.
    case chunks
}
