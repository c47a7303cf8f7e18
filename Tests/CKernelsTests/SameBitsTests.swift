import CKernels
import TestSupport
import Testing

@Suite("Every kernel computes the same bits on every instruction set")
struct SameBitsTests {
    /// Where a kernel's numbers come from.
    enum Numbers: CaseIterable {
        /// As they occur.
        case ordinary
        /// Of any exponent, many with long runs of equal bits: overflow, cancellation, ties, subnormals.
        case extreme
    }

    /// What a kernel works on: three rows, and vectors of their length.
    struct Operands {
        let columns: Int
        let x: GuardedRows<Float>
        let other: GuardedRows<Float>
        let twice: GuardedRows<Float>
        let weight: GuardedRows<Float>
        let bias: GuardedRows<Float>
        /// 64 numbers in -0.2...1.2, places in a map.
        let places: GuardedRows<Float>
        let out: GuardedRows<Float>

        init(_ numbers: Numbers, columns: Int) {
            var random = SeededRandom(seed: UInt64(columns))
            self.columns = columns
            func draw(_ rows: Int, _ columns: Int) -> GuardedRows<Float> {
                let values = (0..<rows * columns).map { _ in
                    numbers == .extreme
                        ? Self.extreme(using: &random) : .random(in: -4...4, using: &random)
                }
                return GuardedRows(values, rows: rows, columns: columns)
            }
            x = draw(3, columns)
            other = draw(3, columns)
            twice = draw(3, 2 * columns)
            weight = draw(1, columns)
            bias = draw(1, columns)
            places = GuardedRows(random.floats(64, in: -0.2...1.2))
            out = GuardedRows(unwritten: 12, columns: columns)
        }

        static func extreme(using random: inout SeededRandom) -> Float {
            let run = UInt32.max << UInt32(random.next() % 24)
            let bits = UInt32(truncatingIfNeeded: random.next())
            let mantissa = (random.next() % 2 == 0 ? bits : bits & run) & 0x7fffff
            let exponent = random.next() % 4 == 0 ? bits >> 24 : 120 + bits >> 29
            return Float(bitPattern: (bits & 0x8000_0000) | exponent << 23 & 0x7f80_0000 | mantissa)
        }
    }

    /// A kernel by name, with a call of it that returns all it computed.
    struct Kernel: Sendable, CustomTestStringConvertible {
        let name: String
        let call: @Sendable (KernelSet, Operands) -> [Float]

        var testDescription: String { name }
    }

    @Test("Bit for bit", arguments: Self.kernels, Numbers.allCases)
    func sameBits(kernel: Kernel, numbers: Numbers) {
        for columns in [1, 5, 16, 33, 64, 100, 385] {
            let results = KernelSet.all.map { set in
                let values = kernel.call(set, Operands(numbers, columns: columns))
                return values.map { $0.isNaN ? .max : $0.bitPattern }
            }
            for (set, result) in zip(KernelSet.all, results).dropFirst() {
                #expect(result == results[0], "\(set.name) and generic, \(columns) columns")
            }
            if numbers == .ordinary { #expect(!results[0].contains(.max)) }
        }
    }

    private static let kernels = norms + elementwise + attention + images + byteAttention
}

extension SameBitsTests {
    private static let norms: [Kernel] = [
        Kernel(name: "layer_norm") { set, o in
            unsafe set.table.layer_norm_f32(
                o.out.pointer,
                o.out.stride,
                o.x.pointer,
                o.x.stride,
                o.weight.pointer,
                o.bias.pointer,
                3,
                o.columns,
                1e-5
            )
            return o.out.values
        },
        Kernel(name: "rms_norm") { set, o in
            unsafe set.table.rms_norm_f32(
                o.out.pointer,
                o.out.stride,
                o.x.pointer,
                o.x.stride,
                o.weight.pointer,
                3,
                o.columns,
                1e-6
            )
            return o.out.values
        },
        Kernel(name: "group_norm") { set, o in
            let groups = o.columns % 4 == 0 ? o.columns / 4 : 1
            let mean = GuardedRows(unwritten: 1, columns: groups)
            let inverse = GuardedRows(unwritten: 1, columns: groups)
            unsafe set.table.group_norm_statistics_f32(
                mean.pointer,
                inverse.pointer,
                o.x.pointer,
                o.x.stride,
                3,
                o.columns,
                groups,
                0,
                groups,
                1e-5
            )
            unsafe set.table.group_norm_apply_f32(
                o.out.pointer,
                o.out.stride,
                o.x.pointer,
                o.x.stride,
                mean.pointer,
                inverse.pointer,
                o.weight.pointer,
                o.bias.pointer,
                3,
                o.columns,
                groups,
                1
            )
            return mean.values + inverse.values + o.out.values
        },
    ]

    private static let elementwise: [Kernel] = [
        Kernel(name: "add, scale, axpy") { set, o in
            unsafe set.table.add_f32(o.out.pointer, o.x.pointer, o.other.pointer, o.columns)
            unsafe set.table.scale_f32(o.other.pointer, o.x.pointer, 0.3, o.columns)
            unsafe set.table.axpy_f32(o.weight.pointer, o.x.pointer, 1.7, o.columns)
            return o.out.values + o.other.values + o.weight.values
        },
        Kernel(name: "scaled_rows_add, bias_add") { set, o in
            unsafe set.table.scaled_rows_add_f32(
                o.x.pointer,
                o.x.stride,
                o.other.pointer,
                o.other.stride,
                o.weight.pointer,
                3,
                o.columns
            )
            unsafe set.table.bias_add_f32(
                o.other.pointer,
                o.other.stride,
                o.bias.pointer,
                3,
                o.columns
            )
            return o.x.values + o.other.values
        },
        Kernel(name: "relu, silu, quick_gelu, gelu") { set, o in
            let table = unsafe set.table
            let activations = unsafe [
                table.relu_f32, table.silu_f32, table.quick_gelu_f32, table.gelu_f32,
            ]
            return unsafe activations.flatMap {
                unsafe $0(o.out.pointer, o.x.pointer, o.columns)
                return o.out.values
            }
        },
        Kernel(name: "swiglu, geglu") { set, o in
            let table = unsafe set.table
            let units = unsafe [table.swiglu_f32, table.geglu_f32]
            return unsafe units.flatMap {
                unsafe $0(
                    o.out.pointer,
                    o.out.stride,
                    o.twice.pointer,
                    o.twice.stride,
                    3,
                    o.columns
                )
                return o.out.values
            }
        },
    ]

    private static let attention: [Kernel] = [
        Kernel(name: "softmax_rows, softmax_sink") { set, o in
            unsafe set.table.softmax_rows_f32(o.x.pointer, o.x.stride, 3, o.columns, 0.7)
            let ignored = GuardedRows(unwritten: 1, columns: 1)
            unsafe set.table.softmax_sink_f32(o.weight.pointer, ignored.pointer, 1, 1, o.columns)
            return o.x.values + o.weight.values + ignored.values
        },
        Kernel(name: "rotary") { set, o in
            unsafe set.table.rotary_f32(
                o.twice.pointer,
                o.twice.stride,
                o.weight.pointer,
                o.bias.pointer,
                1,
                1,
                2 * o.columns
            )
            return o.twice.values
        },
        Kernel(name: "paged_attention") { set, o in
            // Three positions in one block; three queries that see one, two and three of them.
            let memory = GuardedRows(rows: 2, columns: 16 * o.columns) { _, _ in 0 }
            let values = unsafe memory.pointer + memory.stride
            unsafe set.table.paged_store_f32(
                memory.pointer,
                values,
                o.x.pointer,
                o.x.stride,
                o.other.pointer,
                o.other.stride,
                0,
                3,
                1,
                o.columns
            )
            let scores = GuardedRows(unwritten: 8, columns: 16)
            unsafe [Int32(0)].withUnsafeBufferPointer { blocks in
                guard let blocks = blocks.baseAddress else { return }
                unsafe set.table.paged_attention_f32(
                    o.out.pointer,
                    o.out.stride,
                    o.twice.pointer,
                    o.twice.stride,
                    3,
                    memory.pointer,
                    values,
                    blocks,
                    0,
                    1,
                    o.columns,
                    0.4,
                    scores.pointer
                )
            }
            return o.out.values
        },
        Kernel(name: "matmul") { set, o in
            let packed = GuardedRows([Float](repeating: 0, count: 16 * o.columns))
            unsafe set.table.matmul_pack_f32(
                packed.pointer,
                o.other.pointer,
                o.other.stride,
                o.columns,
                0,
                3
            )
            let out = GuardedRows(unwritten: 3, columns: 3)
            unsafe set.table.matmul_f32(
                out.pointer,
                out.stride,
                o.x.pointer,
                o.x.stride,
                packed.pointer,
                nil,
                3,
                o.columns,
                3,
                0
            )
            return out.values
        },
    ]

    private static let images: [Kernel] = [
        Kernel(name: "depthwise3x3, maxpool3x3s2") { set, o in
            // A picture of three rows and one column; the nine taps are the rows of x, other and the first of twice.
            let taps = GuardedRows(
                (o.x.values + o.other.values + o.twice.values).prefix(9 * o.columns).map(\.self)
            )
            unsafe set.table.depthwise3x3_f32(
                o.out.pointer,
                o.out.stride,
                o.x.pointer,
                o.x.stride,
                taps.pointer,
                o.bias.pointer,
                3,
                1,
                o.columns,
                0,
                3
            )
            let convolved = o.out.values
            unsafe set.table.maxpool3x3s2_f32(
                o.out.pointer,
                o.out.stride,
                o.x.pointer,
                o.x.stride,
                3,
                1,
                o.columns
            )
            return convolved + o.out.values
        },
        Kernel(name: "resize_bilinear") { set, o in
            for accumulates: Int32 in [0, 1] {
                unsafe set.table.resize_bilinear_f32(
                    o.out.pointer,
                    o.out.stride,
                    2,
                    6,
                    o.x.pointer,
                    o.x.stride,
                    1,
                    3,
                    o.columns,
                    accumulates
                )
            }
            return o.out.values
        },
        Kernel(name: "deformable_sample") { set, o in
            let weights = GuardedRows([0.3, -1.7, 0.01, 3])
            unsafe [UInt32(3), 1].withUnsafeBufferPointer { shapes in
                guard let shapes = shapes.baseAddress else { return }
                unsafe set.table.deformable_sample_f32(
                    o.bias.pointer,
                    o.x.pointer,
                    o.x.stride,
                    shapes,
                    1,
                    1,
                    4,
                    o.columns,
                    o.places.pointer,
                    8,
                    8,
                    weights.pointer
                )
            }
            return o.bias.values
        },
    ]
}
