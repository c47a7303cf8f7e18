import CKernels
import TestSupport
import Testing

@Suite("Convolution kernel")
struct ConvolutionTests {
    /// Window size, stride, padding of the convolutions used, and of odd ones.
    static let windows: [(kernel: Int, stride: Int, padding: Int)] = [
        (1, 1, 0), (3, 1, 1), (3, 2, 1), (2, 2, 0), (4, 3, 5), (3, 5, 4),
    ]

    /// The channels of a window's pixels in the order [ky][kx][channel], 0 outside the image.
    private func gathered(
        _ image: GuardedRows<Float>,
        height: Int,
        width: Int,
        kernel: Int,
        top: Int,
        left: Int
    ) -> [Float] {
        (0..<kernel * kernel).flatMap { tap in
            let (y, x) = (top + tap / kernel, left + tap % kernel)
            let isInside = y >= 0 && y < height && x >= 0 && x < width
            return (0..<image.columns).map { isInside ? image[y * width + x, $0] : 0 }
        }
    }

    @Test(
        "Every output pixel is the packed product of its window, bit for bit, in any run of pixels",
        arguments: KernelSet.all,
        windows
    )
    func convolution(set: KernelSet, window: (kernel: Int, stride: Int, padding: Int)) {
        let (kernel, stride, padding) = window
        let (height, width, outputs) = (6, 5, 19)
        let outHeight = (height + 2 * padding - kernel) / stride + 1
        let outWidth = (width + 2 * padding - kernel) / stride + 1
        let pixels = outHeight * outWidth
        for (channels, gap) in [(1, 0), (3, 2), (20, 0), (33, 3), (100, 0)] {
            var random = SeededRandom(seed: 44)
            let image = GuardedRows(
                random.floats(height * width * channels),
                rows: height * width,
                columns: channels,
                gap: gap
            )
            let inputs = kernel * kernel * channels
            let packed = GuardedRows(random.floats((outputs + 15) / 16 * 16 * inputs))
            let bias = GuardedRows(random.floats(outputs))
            let windows = GuardedRows(
                (0..<pixels).flatMap {
                    gathered(
                        image,
                        height: height,
                        width: width,
                        kernel: kernel,
                        top: $0 / outWidth * stride - padding,
                        left: $0 % outWidth * stride - padding
                    )
                },
                rows: pixels,
                columns: inputs
            )
            let product = GuardedRows(unwritten: pixels, columns: outputs)
            unsafe set.table.matmul_f32(
                product.pointer,
                product.stride,
                windows.pointer,
                windows.stride,
                packed.pointer,
                bias.pointer,
                pixels,
                inputs,
                outputs,
                0
            )
            let last = pixels - 1
            for (first, count) in [
                (0, pixels), (last, 1), (min(3, last), min(4, pixels - 3)), (2, 0),
            ]
            where count >= 0 {
                let out = GuardedRows(unwritten: count, columns: outputs)
                unsafe set.table.convolution_f32(
                    out.pointer,
                    out.stride,
                    image.pointer,
                    image.stride,
                    height,
                    width,
                    channels,
                    kernel,
                    stride,
                    padding,
                    outWidth,
                    first,
                    count,
                    packed.pointer,
                    bias.pointer,
                    outputs
                )
                let expected = (first..<first + count).flatMap { pixel in
                    (0..<outputs).map { product[pixel, $0] }
                }
                #expect(out.values == expected, "\(channels) channels, pixels \(first) + \(count)")
                #expect(out.surroundingsIntact)
            }
        }
    }

    @Test(
        "Without a bias the sums start from zero, and no pixels write nothing",
        arguments: KernelSet.all
    )
    func startsFromZero(set: KernelSet) {
        let image = GuardedRows([1, 2, 3, 4], rows: 4, columns: 1)
        let packed = GuardedRows([2] + [Float](repeating: 0, count: 15))
        let out = GuardedRows(unwritten: 4, columns: 1)
        func convolve(pixels: Int, outputWidth: Int) {
            unsafe set.table.convolution_f32(
                out.pointer,
                out.stride,
                image.pointer,
                image.stride,
                2,
                2,
                1,
                1,
                1,
                0,
                outputWidth,
                0,
                pixels,
                packed.pointer,
                nil,
                1
            )
        }
        convolve(pixels: 0, outputWidth: 2)
        convolve(pixels: 4, outputWidth: 0)
        #expect(out.values == [-7777, -7777, -7777, -7777])
        convolve(pixels: 4, outputWidth: 2)
        #expect(out.values == [2, 4, 6, 8])
        #expect(out.surroundingsIntact)
    }
}
