/// Rows of a layer's weight before they are packed.
package enum PackableRows: Sendable {
    /// Numbers, [rows, inputs], which are rounded to the layer's format.
    case numbers(Matrix)
    /// Whole numbers of the layer's format, which give the same bits as the numbers that they were rounded from.
    case whole(IntegerRows)

    /// Makes the rows in a range, on whichever thread; nil where there are none of the kind that was meant.
    ///
    /// Several threads may ask at once, each for rows of its own.
    package typealias Maker = @Sendable (_ range: Range<Int>) -> PackableRows?
}
