import CKernels
import TestSupport
import Testing

@Suite("Weights of 4 bits")
struct NibbleTests {
    private struct Packed: Equatable {
        var nibbles: [UInt8]
        var multipliers: [UInt8]
        var scales: [Float]
    }

    private func pack(_ set: KernelSet, _ weight: [Float], inputs: Int, outputs: Int) -> Packed {
        let padded = (inputs + 63) / 64 * 64
        let count = (outputs + 15) / 16 * 16 * padded
        var packed = Packed(
            nibbles: [UInt8](repeating: 0x88, count: count / 2),
            multipliers: [UInt8](repeating: 1, count: count / 32),
            scales: [Float](repeating: -1, count: outputs)
        )
        let rows = GuardedRows(weight, rows: outputs, columns: inputs)
        var numbers = [Int8](repeating: 1, count: outputs * padded)
        var multipliers = [UInt8](repeating: 0, count: outputs * padded / 32)
        unsafe set.table.quantize_rows_i4(
            &numbers,
            padded,
            &multipliers,
            &packed.scales,
            rows.pointer,
            rows.stride,
            outputs,
            inputs
        )
        unsafe set.table.matmul_pack_i4(
            &packed.nibbles,
            &packed.multipliers,
            numbers,
            multipliers,
            padded,
            0,
            outputs
        )
        return packed
    }

    /// The number that a packed weight stands for.
    private func value(_ packed: Packed, inputs: Int, output: Int, input: Int) -> Float {
        let groups = (inputs + 63) / 64 * 2
        let (panel, lane, group) = (output / 16, output % 16, input / 32)
        let place = input % 8
        let start = (panel * groups + group) * 256 + input % 32 / 8 * 64 + 4 * lane + place % 4
        let nibble = place < 4 ? packed.nibbles[start] & 15 : packed.nibbles[start] >> 4
        let multiplier = packed.multipliers[(panel * groups + group) * 16 + lane]
        return packed.scales[output] * Float(Int(multiplier) * (Int(nibble) - 8))
    }

    @Test("A weight is near the number that it stands for, the same on every instruction set")
    func packs() {
        var random = SeededRandom(seed: 5)
        for (inputs, outputs) in [(32, 1), (64, 16), (100, 17), (320, 33)] {
            let weight = random.floats(inputs * outputs, in: -1...1)
            let expected = pack(KernelSet.all[0], weight, inputs: inputs, outputs: outputs)
            for set in KernelSet.all {
                #expect(
                    pack(set, weight, inputs: inputs, outputs: outputs) == expected,
                    "\(set.name)"
                )
            }
            var (missed, total) = (0.0, 0.0)
            for output in 0..<outputs {
                for input in 0..<inputs {
                    let number = weight[output * inputs + input]
                    let difference = Double(
                        value(expected, inputs: inputs, output: output, input: input) - number
                    )
                    missed += difference * difference
                    total += Double(number) * Double(number)
                }
            }
            #expect(missed / total < 1e-2)
            #expect(expected.multipliers.allSatisfy { (1...15).contains($0) })
        }
    }

    @Test(
        "A scale is the greatest common divisor of its products with the multipliers, which half precision holds",
        arguments: [1, 1e-3, 1e-6, 1e-9, 1e4] as [Float]
    )
    func exactProducts(_ size: Float) {
        var random = SeededRandom(seed: 9)
        let (inputs, outputs) = (160, 24)
        var weight = random.floats(inputs * outputs, in: -size...size)
        // Groups of very different sizes, and one of zeros.
        for index in weight.indices {
            weight[index] *= Float(index % inputs / 32) / Float(1 + index / inputs % 4)
        }
        let expected = pack(KernelSet.all[0], weight, inputs: inputs, outputs: outputs)
        for set in KernelSet.all {
            #expect(pack(set, weight, inputs: inputs, outputs: outputs) == expected, "\(set.name)")
        }
        let groups = 6
        for output in 0..<outputs {
            let scale = expected.scales[output]
            #expect(scale > 0)
            var divisor = 0
            for group in 0..<inputs / 32 {
                let place = (output / 16 * groups + group) * 16 + output % 16
                let product = scale * Float(expected.multipliers[place])
                #expect(Float(Float16(product)) == product)
                var rest = Int(product * 0x1p24)
                while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
            }
            #expect(Float(divisor) * 0x1p-24 == scale)
        }
    }

    @Test("A weight that is too large for half precision is no number")
    func tooLarge() {
        for set in KernelSet.all {
            let packed = pack(set, [Float](repeating: 1e6, count: 32), inputs: 32, outputs: 1)
            #expect(packed.scales[0].isNaN)
        }
    }

    @Test("Zeros have scale 0, and what is no number has none")
    func marks() {
        let weight: [Float] =
            [Float](repeating: 0, count: 32) + [.nan] + [Float](repeating: 1, count: 31)
        for set in KernelSet.all {
            let packed = pack(set, weight, inputs: 32, outputs: 2)
            #expect(packed.scales[0] == 0 && packed.scales[1].isNaN)
        }
    }
}
