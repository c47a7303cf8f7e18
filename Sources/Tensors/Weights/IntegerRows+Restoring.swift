extension IntegerRows {
    /// The weight that the rows stand for, no longer rotated: [count, window · channels].
    package func restored() -> Matrix {
        let weight = Matrix(rows: count, columns: window * channels)
        let (stride, pixelStride) = (stride, pixelStride)
        for row in 0..<count {
            weight.withMutableRow(row) { target in
                for pixel in 0..<window {
                    let first = row * stride + pixel * pixelStride
                    for channel in 0..<channels {
                        let place = first + channel
                        let multiplier = format == .int4 ? Float(multipliers[place / 32]) : 1
                        target[pixel * channels + channel] =
                            scales[row] * multiplier * Float(numbers[place])
                    }
                }
            }
        }
        weight.rotateWeight(window: window)
        return weight
    }
}
