internal import CKernels

/// Rows of a weight as whole numbers with a scale each, rotated as their inputs are: what a weight is rounded to, what a
/// model file stores, and what is packed.
///
/// A weight is scale · number; of four bits it is scale · multiplier · number, the multiplier being that of 32 inputs.
package struct IntegerRows: Hashable, Sendable {
    /// ``WeightFormat/int8`` or ``WeightFormat/int4``.
    package let format: WeightFormat
    /// Number of rows.
    package let count: Int
    /// Inputs of a pixel.
    package let channels: Int
    /// Pixels of a convolution's window; 1 for a linear layer.
    package let window: Int
    /// [count, ``stride``]: -127 to 127, of four bits -8 to 7.
    package var numbers: [Int8]
    /// [count, ``stride`` / 32]: 1 to 15, of four bits; none otherwise.
    package var multipliers: [UInt8]
    /// Of every row.
    package var scales: [Float]

    /// Rows of zeros, to be filled.
    ///
    /// - Parameters:
    ///   - format: ``WeightFormat/int8`` or ``WeightFormat/int4``, which must fit the numbers.
    ///   - count: Number of rows.
    ///   - channels: Inputs of a pixel.
    ///   - window: Pixels of a convolution's window; 1 for a linear layer.
    package init(_ format: WeightFormat, count: Int, channels: Int, window: Int = 1) {
        precondition(format == .int8 || format == .int4, "\(format) has no whole numbers")
        precondition(
            format.fits(inputs: channels, window: window),
            "\(format) does not fit \(channels) inputs"
        )
        self.format = format
        self.count = count
        self.channels = channels
        self.window = window
        let size = count * window * ByteRows.padded(channels)
        numbers = [Int8](repeating: 0, count: size)
        multipliers = [UInt8](repeating: 1, count: format == .int4 ? size / 32 : 0)
        scales = [Float](repeating: 0, count: count)
    }

    /// Numbers of a row: those of each pixel, with zeros up to ``pixelStride``.
    package var stride: Int { window * pixelStride }

    /// Numbers of a pixel, those that are filled up included.
    package var pixelStride: Int { ByteRows.padded(channels) }

    /// Whether all rows have a number that they are multiples of.
    package var isFinite: Bool { scales.allSatisfy(\.isFinite) }

    /// Rotates and rounds the rows of a weight.
    ///
    /// A row with a number that is not finite, or with larger ones than a scale in half precision allows, has scale NaN,
    /// and so has every result of it.
    ///
    /// - Parameters:
    ///   - weight: [count, window · channels].
    ///   - format: ``WeightFormat/int8`` or ``WeightFormat/int4``, which must fit the weight.
    ///   - window: Pixels of a convolution's window; 1 for a linear layer.
    package init(rounding weight: Matrix, to format: WeightFormat, window: Int = 1) {
        self.init(format, count: weight.rows, channels: weight.columns / window, window: window)
        guard let rotation = RotationGroup(inputs: channels) else { return }
        let (stride, pixelStride) = (stride, pixelStride)
        // The zeros between the pixels are there from the beginning.
        let rotated = Matrix(rows: 1, columns: stride)
        numbers.removeAll(keepingCapacity: true)
        multipliers.removeAll(keepingCapacity: true)
        for row in 0..<count {
            for pixel in 0..<window {
                unsafe ilv_rotate_f32(
                    rotated.base + pixel * pixelStride,
                    stride,
                    weight.base + (row * weight.stride + pixel * channels),
                    weight.stride,
                    1,
                    channels,
                    rotation.size
                )
            }
            if format == .int4 {
                appendNibbles(of: rotated, row: row)
            } else {
                appendBytes(of: rotated, row: row)
            }
        }
    }

    private mutating func appendBytes(of rotated: Matrix, row: Int) {
        let stride = rotated.columns
        var bytes = [Int8](repeating: 0, count: stride)
        var (largest, sum) = (Float(0), Int32(0))
        unsafe ilv_largest_rows_f32(&largest, rotated.base, stride, 1, stride)
        let scale = Self.byteScale(ofLargest: largest)
        scales[row] = unsafe ilv_quantize_map_i8(
            &bytes,
            stride,
            &sum,
            rotated.base,
            stride,
            1,
            stride,
            // Exact, and so is its quotient by 127: a scale has eleven bits.
            127 * scale
        )
        numbers += bytes
    }

    private mutating func appendNibbles(of rotated: Matrix, row: Int) {
        let stride = rotated.columns
        var bytes = [Int8](repeating: 0, count: stride)
        var factors = [UInt8](repeating: 1, count: stride / 32)
        var scale: Float = 0
        unsafe ilv_quantize_rows_i4(
            &bytes,
            stride,
            &factors,
            &scale,
            rotated.base,
            stride,
            1,
            channels
        )
        numbers += bytes
        multipliers += factors
        scales[row] = scale
    }

    /// The least number of half precision of which no magnitude is more than 127 times; 0 for zero, NaN where none is.
    static func byteScale(ofLargest magnitude: Float) -> Float {
        let wanted = magnitude / 127
        let nearest = Float16(wanted)
        let scale = Float(nearest) < wanted ? nearest.nextUp : nearest
        return scale.isFinite ? Float(scale) : .nan
    }
}

extension Matrix {
    /// Rotates the rows of a weight in place, as they are rotated before they become whole numbers; once more rotates
    /// them back.
    ///
    /// - Parameter window: Pixels of a convolution's window, of which each is rotated by itself; 1 for a linear layer.
    package func rotateWeight(window: Int = 1) {
        let channels = columns / window
        guard let rotation = RotationGroup(inputs: channels) else { return }
        for pixel in 0..<window {
            let own = columns(pixel * channels..<(pixel + 1) * channels)
            unsafe ilv_rotate_f32(
                own.base,
                own.stride,
                own.base,
                own.stride,
                rows,
                channels,
                rotation.size
            )
        }
    }
}
