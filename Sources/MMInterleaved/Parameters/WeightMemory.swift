/// Memory that a model's weights take as they are packed, by part and format.
package struct WeightMemory: Sendable {
    /// Weights of one part in one format.
    package struct Place: Hashable, Sendable {
        /// Where the names of the part's parameters begin, such as `image_decoder`.
        package let part: String
        /// How the weights are packed, `int8`; norms, biases and what is made of weights are `f32`, tables as they are
        /// stored.
        package let format: String

        /// Names a part and a format.
        package init(part: String, format: String) {
            self.part = part
            self.format = format
        }
    }

    /// Bytes of every part and format that there is, in the order of their names.
    package let byteCounts: [(place: Place, byteCount: Int)]

    init(_ byteCounts: [Place: Int]) {
        self.byteCounts = byteCounts.map { (place: $0.key, byteCount: $0.value) }
            .sorted {
                ($0.place.part, $0.place.format) < ($1.place.part, $1.place.format)
            }
    }
}
