/// Name, element type and shape of a stored tensor.
///
/// Shapes: `shape` as the file says, outermost dimension first; `[]` is a scalar; a dimension may be 0.
package struct TensorDescription: Sendable, Hashable {
    /// The key of the tensor in its file.
    package let name: String
    /// The type of every element.
    package let elementType: ElementType
    /// Dimensions, outermost first, none negative.
    package let shape: [Int]
    /// The product of `shape`.
    package let elementCount: Int
    /// `elementCount` times the size of one element.
    package let byteCount: Int

    /// Describes a tensor, refusing a shape whose size in bytes is not an `Int`.
    ///
    /// - Throws: ``CheckpointError`` of kind `invalidShape` for a negative dimension or an overflow.
    package init(name: String, elementType: ElementType, shape: [Int]) throws(CheckpointError) {
        guard shape.count <= CheckpointLimits.maximumRank else {
            throw CheckpointError(
                .invalidShape,
                tensor: name,
                "\(shape.count) dimensions, at most \(CheckpointLimits.maximumRank) are supported"
            )
        }
        // Overflow is judged on the non-zero dimensions, so that [0, huge, huge] is refused too.
        var nonZeroProduct = elementType.byteCount
        for dimension in shape {
            guard dimension >= 0 else {
                throw CheckpointError(
                    .invalidShape,
                    tensor: name,
                    "shape \(shape) has a negative dimension"
                )
            }
            let (product, overflow) = nonZeroProduct.multipliedReportingOverflow(
                by: max(dimension, 1)
            )
            guard !overflow else {
                throw CheckpointError(
                    .invalidShape,
                    tensor: name,
                    "shape \(shape) of \(elementType) has more bytes than can be counted"
                )
            }
            nonZeroProduct = product
        }
        self.name = name
        self.elementType = elementType
        self.shape = shape
        self.byteCount = shape.contains(0) ? 0 : nonZeroProduct
        self.elementCount = byteCount / elementType.byteCount
    }
}

extension TensorDescription: CustomStringConvertible {
    package var description: String { "\(name) \(elementType) \(shape)" }
}
