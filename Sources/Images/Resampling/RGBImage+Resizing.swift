extension RGBImage {
    /// Resizes as Pillow does: rows first, then columns, 8 bits in between.
    ///
    /// - Precondition: Both sides are positive.
    package func resized(width: Int, height: Int, filter: ResamplingFilter) -> RGBImage {
        resized(
            width: width,
            height: height,
            filter: filter,
            columns: 0..<width,
            rows: 0..<height
        )
    }

    /// Resizes, computing only a window of the result: `resized` followed by a crop, without the cost of the rest.
    ///
    /// Cost: proportional to the input rows the window needs and to the window, however large the resized
    /// picture would be.
    ///
    /// - Precondition: `columns` and `rows` are not empty and lie in the resized picture.
    package func resized(
        width newWidth: Int,
        height newHeight: Int,
        filter: ResamplingFilter,
        columns: Range<Int>,
        rows: Range<Int>
    ) -> RGBImage {
        precondition(
            !columns.isEmpty && !rows.isEmpty,
            "a window of \(columns.count) x \(rows.count)"
        )
        let vertical =
            newHeight == height
            ? nil
            : ResamplingWeights(
                inputSize: height,
                outputSize: newHeight,
                outputs: rows,
                filter: filter
            )
        let neededRows = vertical?.inputs ?? rows
        // As in Pillow, an axis that keeps its size is copied, not filtered.
        let strip =
            newWidth == width
            ? cropped(columns: columns, rows: neededRows)
            : resampledRows(
                neededRows,
                ResamplingWeights(
                    inputSize: width,
                    outputSize: newWidth,
                    outputs: columns,
                    filter: filter
                )
            )
        guard let vertical else { return strip }
        return strip.resampledColumns(vertical, firstRow: neededRows.lowerBound)
    }

    /// Copies a window.
    ///
    /// - Precondition: `columns` and `rows` are not empty and lie in the picture.
    package func cropped(columns: Range<Int>, rows: Range<Int>) -> RGBImage {
        precondition(
            columns.lowerBound >= 0 && columns.upperBound <= width && rows.lowerBound >= 0
                && rows.upperBound <= height,
            "window \(columns) x \(rows) of \(width) x \(height)"
        )
        if columns.count == width, rows.count == height { return self }
        var result: [UInt8] = []
        result.reserveCapacity(columns.count * rows.count * 3)
        for row in rows {
            let start = (row * width + columns.lowerBound) * 3
            result += pixels[start..<start + columns.count * 3]
        }
        return RGBImage(width: columns.count, height: rows.count, pixels: result)
    }

    /// The horizontal pass over some rows.
    private func resampledRows(_ rows: Range<Int>, _ plan: ResamplingWeights) -> RGBImage {
        let outputWidth = plan.starts.count
        var result = [UInt8](repeating: 0, count: rows.count * outputWidth * 3)
        let source = pixels.span
        let weights = plan.weights.span
        let starts = plan.starts.span
        let counts = plan.counts.span
        var target = result.mutableSpan
        var position = 0
        for row in rows {
            let line = source.extracting(row * width * 3..<(row + 1) * width * 3)
            for column in starts.indices {
                let count = counts[column]
                let taps = weights.extracting(column * plan.stride..<column * plan.stride + count)
                let samples = line.extracting(starts[column] * 3..<(starts[column] + count) * 3)
                var red = ResamplingWeights.half
                var green = ResamplingWeights.half
                var blue = ResamplingWeights.half
                var offset = 0
                for tap in taps.indices {
                    // `samples` has three elements per tap.
                    let weight = unsafe taps[unchecked: tap]
                    red &+= unsafe Int32(samples[unchecked: offset]) &* weight
                    green &+= unsafe Int32(samples[unchecked: offset &+ 1]) &* weight
                    blue &+= unsafe Int32(samples[unchecked: offset &+ 2]) &* weight
                    offset &+= 3
                }
                target[position] = ResamplingWeights.sample(red)
                target[position + 1] = ResamplingWeights.sample(green)
                target[position + 2] = ResamplingWeights.sample(blue)
                position += 3
            }
        }
        return RGBImage(width: outputWidth, height: rows.count, pixels: result)
    }

    /// The vertical pass; row 0 of this picture is row `firstRow` of the plan's input.
    private func resampledColumns(_ plan: ResamplingWeights, firstRow: Int) -> RGBImage {
        let rowLength = width * 3
        var result: [UInt8] = []
        result.reserveCapacity(plan.starts.count * rowLength)
        var sums = [Int32](repeating: 0, count: rowLength)
        let source = pixels.span
        for output in plan.starts.indices {
            let start = plan.starts[output] - firstRow
            for tap in 0..<plan.counts[output] {
                let line = source.extracting(
                    (start + tap) * rowLength..<(start + tap + 1) * rowLength
                )
                let weight = plan.weights[output * plan.stride + tap]
                Self.accumulate(line, weight, into: &sums, isFirst: tap == 0)
            }
            for sum in sums { result.append(ResamplingWeights.sample(sum)) }
        }
        return RGBImage(width: width, height: plan.starts.count, pixels: result)
    }

    /// `sums[x] += line[x] * weight`, starting from one half where `isFirst`.
    private static func accumulate(
        _ line: Span<UInt8>,
        _ weight: Int32,
        into sums: inout [Int32],
        isFirst: Bool
    ) {
        var target = sums.mutableSpan
        precondition(line.count == target.count)
        if isFirst {
            for x in line.indices {
                unsafe target[unchecked: x] =
                    ResamplingWeights.half &+ Int32(line[unchecked: x]) &* weight
            }
        } else {
            for x in line.indices {
                unsafe target[unchecked: x] &+= Int32(line[unchecked: x]) &* weight
            }
        }
    }
}
