import CKernels
import TestSupport
import Testing

@Suite("Deformable sampling kernel")
struct DeformableTests {
    /// One sampling problem with seeded numbers.
    private struct Problem {
        let heads = 3
        let points = 4
        let shapes: [UInt32] = [4, 6, 1, 3, 5, 1]
        let headSize: Int
        let value: GuardedRows<Float>
        let locations: GuardedRows<Float>
        let weights: GuardedRows<Float>
        let headStride: Int
        let levelStride: Int

        init(headSize: Int, sharesLocations: Bool) {
            var random = SeededRandom(seed: 50)
            self.headSize = headSize
            let rows = 4 * 6 + 3 + 5
            value = GuardedRows(
                random.floats(rows * 3 * headSize),
                rows: rows,
                columns: 3 * headSize
            )
            levelStride = sharesLocations ? 0 : 2 * points + 1
            headStride = sharesLocations ? 2 * points : 3 * levelStride
            // Some lie outside of the maps, on either side.
            locations = GuardedRows(random.floats(3 * headStride, in: -0.4...1.4))
            weights = GuardedRows(random.floats(3 * 3 * points))
        }

        func run(_ set: KernelSet, into out: GuardedRows<Float>) {
            unsafe shapes.withUnsafeBufferPointer { shapes in
                guard let shapes = shapes.baseAddress else { return }
                unsafe set.table.deformable_sample_f32(
                    out.pointer,
                    value.pointer,
                    value.stride,
                    shapes,
                    heads,
                    3,
                    points,
                    headSize,
                    locations.pointer,
                    headStride,
                    levelStride,
                    weights.pointer
                )
            }
        }

        /// The same in double precision, straight from the formula.
        func expected(from start: [Float]) -> [Double] {
            var sums = start.map(Double.init)
            for head in 0..<heads {
                var firstRow = 0
                for level in 0..<3 {
                    let (height, width) = (Int(shapes[2 * level]), Int(shapes[2 * level + 1]))
                    for point in 0..<points {
                        let at = head * headStride + level * levelStride + 2 * point
                        let x = Double(locations[0, at]) * Double(width) - 0.5
                        let y = Double(locations[0, at + 1]) * Double(height) - 0.5
                        let weight = Double(weights[0, (head * 3 + level) * points + point])
                        for row in 0..<height {
                            for column in 0..<width {
                                let share =
                                    max(0, 1 - abs(x - Double(column)))
                                    * max(0, 1 - abs(y - Double(row)))
                                guard share > 0 else { continue }
                                for d in 0..<headSize {
                                    let sample = value[
                                        firstRow + row * width + column,
                                        head * headSize + d
                                    ]
                                    sums[head * headSize + d] += weight * share * Double(sample)
                                }
                            }
                        }
                    }
                    firstRow += height * width
                }
            }
            return sums
        }
    }

    @Test(
        "Samples agree with double precision",
        arguments: KernelSet.all,
        [1, 7, 8, 16, 24, 31, 32, 64, 80, 130]
    )
    func sample(set: KernelSet, headSize: Int) {
        for sharesLocations in [false, true] {
            let problem = Problem(headSize: headSize, sharesLocations: sharesLocations)
            var random = SeededRandom(seed: 51)
            let start = random.floats(3 * headSize)
            let out = GuardedRows(start)
            problem.run(set, into: out)
            expectClose(out.values, problem.expected(from: start), absolute: 2e-5)
            #expect(out.surroundingsIntact && problem.value.surroundingsIntact)
        }
    }

    @Test(
        "A location outside of the map, infinite or NaN adds nothing",
        arguments: KernelSet.all,
        [Float.nan, .infinity, -.infinity, 3e38, -3e38, -0.1251, 1.1251]
    )
    func outside(set: KernelSet, location: Float) {
        let value = GuardedRows(rows: 16, columns: 8) { _, _ in 1 }
        for locations in [[location, 0.5], [0.5, location]] {
            let out = GuardedRows([Float](repeating: 2, count: 8))
            let weight = GuardedRows([1])
            let places = GuardedRows(locations)
            unsafe [UInt32(4), 4].withUnsafeBufferPointer { shapes in
                guard let shapes = shapes.baseAddress else { return }
                unsafe set.table.deformable_sample_f32(
                    out.pointer,
                    value.pointer,
                    value.stride,
                    shapes,
                    1,
                    1,
                    1,
                    8,
                    places.pointer,
                    2,
                    2,
                    weight.pointer
                )
            }
            #expect(out.values == [Float](repeating: 2, count: 8))
        }
    }

    @Test("A weight of 0 reads nothing", arguments: KernelSet.all)
    func zeroWeight(set: KernelSet) {
        let value = GuardedRows(rows: 4, columns: 5) { _, _ in .nan }
        let out = GuardedRows([Float](repeating: 2, count: 5))
        let weight = GuardedRows([0])
        let places = GuardedRows([0.5, 0.5])
        unsafe [UInt32(2), 2].withUnsafeBufferPointer { shapes in
            guard let shapes = shapes.baseAddress else { return }
            unsafe set.table.deformable_sample_f32(
                out.pointer,
                value.pointer,
                value.stride,
                shapes,
                1,
                1,
                1,
                5,
                places.pointer,
                2,
                2,
                weight.pointer
            )
        }
        #expect(out.values == [Float](repeating: 2, count: 5))
    }
}
