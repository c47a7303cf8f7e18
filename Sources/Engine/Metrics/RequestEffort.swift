/// What one request took, whether it was answered or not.
package struct RequestEffort: Hashable, Sendable {
    /// Tokens read and written; of a request that was not answered, those that were computed.
    package internal(set) var tokenCount = 0
    /// Pictures drawn, begun ones included.
    package internal(set) var pictureCount = 0
    /// Machine time: its share of every step that it took part in.
    package internal(set) var machineTime = Duration.zero

    /// Nothing.
    init() {}
}
