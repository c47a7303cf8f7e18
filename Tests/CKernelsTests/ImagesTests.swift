import CKernels
import TestSupport
import Testing

@Suite("Image kernels")
struct ImagesTests {
    /// An image of seeded numbers, [height * width, channels].
    private func makeImage(
        _ height: Int,
        _ width: Int,
        _ channels: Int,
        gap: Int = 3,
        seed: UInt64 = 40
    ) -> GuardedRows<Float> {
        var random = SeededRandom(seed: seed)
        return GuardedRows(
            random.floats(height * width * channels),
            rows: height * width,
            columns: channels,
            gap: gap
        )
    }

    /// Pixel (y, x) of an image, 0 outside.
    private func pixel(
        _ image: GuardedRows<Float>,
        _ height: Int,
        _ width: Int,
        _ y: Int,
        _ x: Int,
        _ channel: Int
    ) -> Float {
        y < 0 || y >= height || x < 0 || x >= width ? 0 : image[y * width + x, channel]
    }

    @Test(
        "Depth-wise convolution agrees with double precision",
        arguments: KernelSet.all,
        [1, 7, 16, 33, 80]
    )
    func depthwise(set: KernelSet, channels: Int) {
        for (height, width) in [(1, 1), (1, 4), (5, 1), (4, 6)] {
            var random = SeededRandom(seed: 41)
            let image = makeImage(height, width, channels)
            let weight = GuardedRows(random.floats(9 * channels))
            let bias = GuardedRows(random.floats(channels))
            let out = GuardedRows(unwritten: height * width, columns: channels)
            let split = height / 2
            for (first, count) in [(split, height - split), (0, split)] {
                unsafe set.table.depthwise3x3_f32(
                    out.pointer,
                    out.stride,
                    image.pointer,
                    image.stride,
                    weight.pointer,
                    bias.pointer,
                    height,
                    width,
                    channels,
                    first,
                    count
                )
            }
            let expected = (0..<height * width * channels).map { index -> Double in
                let (place, channel) = (index / channels, index % channels)
                return (0..<9).map { tap in
                    Double(
                        pixel(
                            image,
                            height,
                            width,
                            place / width + tap / 3 - 1,
                            place % width + tap % 3 - 1,
                            channel
                        )
                    )
                        * Double(weight[0, tap * channels + channel])
                }.reduce(Double(bias[0, channel]), +)
            }
            expectClose(out.values, expected, absolute: 4e-6)
            #expect(out.surroundingsIntact)
        }
    }

    @Test("Max pooling takes the largest of each window", arguments: KernelSet.all, [1, 16, 23])
    func maxPool(set: KernelSet, channels: Int) {
        for (height, width) in [(1, 1), (2, 3), (5, 4), (8, 8)] {
            let image = makeImage(height, width, channels)
            let (outHeight, outWidth) = ((height + 1) / 2, (width + 1) / 2)
            let out = GuardedRows(unwritten: outHeight * outWidth, columns: channels)
            unsafe set.table.maxpool3x3s2_f32(
                out.pointer,
                out.stride,
                image.pointer,
                image.stride,
                height,
                width,
                channels
            )
            var expected: [Float] = []
            for place in 0..<outHeight * outWidth {
                let rows = max(0, place / outWidth * 2 - 1)..<min(height, place / outWidth * 2 + 2)
                let columns =
                    max(0, place % outWidth * 2 - 1)..<min(width, place % outWidth * 2 + 2)
                for channel in 0..<channels {
                    let window = rows.flatMap { y in
                        columns.map { image[y * width + $0, channel] }
                    }
                    expected.append(window.max() ?? .nan)
                }
            }
            #expect(out.values == expected)
            #expect(out.surroundingsIntact)
        }
    }

    @Test("A window of minus infinities stays so and NaN wins", arguments: KernelSet.all)
    func maxPoolNotFinite(set: KernelSet) {
        for place in 0..<4 {
            let image = GuardedRows(rows: 4, columns: 2) { row, column in
                column == 1 && row == place ? .nan : -.infinity
            }
            let out = GuardedRows(unwritten: 1, columns: 2)
            unsafe set.table.maxpool3x3s2_f32(
                out.pointer,
                out.stride,
                image.pointer,
                image.stride,
                2,
                2,
                2
            )
            #expect(out[0, 0] == -.infinity && out[0, 1].isNaN)
        }
    }

    @Test("Nearest upsampling repeats every pixel twice each way", arguments: KernelSet.all)
    func upsample(set: KernelSet) {
        let (height, width, channels) = (3, 2, 19)
        let image = makeImage(height, width, channels)
        let out = GuardedRows(unwritten: 4 * height * width, columns: channels)
        unsafe set.table.upsample_nearest2_f32(
            out.pointer,
            out.stride,
            image.pointer,
            image.stride,
            height,
            width,
            channels
        )
        for place in 0..<4 * height * width {
            let source = place / (2 * width) / 2 * width + place % (2 * width) / 2
            #expect((0..<channels).allSatisfy { out[place, $0] == image[source, $0] })
        }
        #expect(out.surroundingsIntact)
    }

    @Test(
        "Bilinear resizing agrees with double precision",
        arguments: KernelSet.all,
        [(1, 1), (3, 5), (12, 20), (6, 10), (7, 3), (2, 2)]
    )
    func resize(set: KernelSet, size: (height: Int, width: Int)) {
        for channels in [1, 16, 21] {
            let image = makeImage(6, 10, channels)
            let start = makeImage(size.height, size.width, channels, seed: 42)
            for accumulate in [false, true] {
                let out = makeImage(size.height, size.width, channels, seed: 42)
                unsafe set.table.resize_bilinear_f32(
                    out.pointer,
                    out.stride,
                    size.height,
                    size.width,
                    image.pointer,
                    image.stride,
                    6,
                    10,
                    channels,
                    accumulate ? 1 : 0
                )
                var expected: [Double] = []
                for place in 0..<size.height * size.width {
                    let y = max(
                        0,
                        (Double(place / size.width) + 0.5) * 6 / Double(size.height) - 0.5
                    )
                    let x = max(
                        0,
                        (Double(place % size.width) + 0.5) * 10 / Double(size.width) - 0.5
                    )
                    let (top, left) = (Int(y), Int(x))
                    let (bottom, right) = (min(top + 1, 5), min(left + 1, 9))
                    let (dy, dx) = (y - Double(top), x - Double(left))
                    for channel in 0..<channels {
                        let upper =
                            Double(image[top * 10 + left, channel]) * (1 - dx)
                            + Double(image[top * 10 + right, channel]) * dx
                        let lower =
                            Double(image[bottom * 10 + left, channel]) * (1 - dx)
                            + Double(image[bottom * 10 + right, channel]) * dx
                        expected.append(
                            upper * (1 - dy) + lower * dy
                                + (accumulate ? Double(start[place, channel]) : 0)
                        )
                    }
                }
                expectClose(out.values, expected, absolute: 5e-6)
                #expect(out.surroundingsIntact)
            }
        }
    }

    @Test("Sizes of zero write nothing", arguments: KernelSet.all)
    func nothing(set: KernelSet) {
        let image = makeImage(2, 2, 4)
        let out = GuardedRows(unwritten: 0, columns: 4)
        unsafe set.table.resize_bilinear_f32(
            out.pointer,
            4,
            0,
            3,
            image.pointer,
            image.stride,
            2,
            2,
            4,
            0
        )
        unsafe set.table.resize_bilinear_f32(
            out.pointer,
            4,
            3,
            3,
            image.pointer,
            image.stride,
            0,
            0,
            4,
            0
        )
        unsafe set.table.maxpool3x3s2_f32(out.pointer, 4, image.pointer, image.stride, 0, 0, 4)
        unsafe set.table.upsample_nearest2_f32(out.pointer, 4, image.pointer, image.stride, 0, 2, 4)
        #expect(out.surroundingsIntact)
    }
}
