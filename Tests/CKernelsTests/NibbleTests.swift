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
        unsafe set.table.matmul_pack_i4(
            &packed.nibbles,
            &packed.multipliers,
            &packed.scales,
            rows.pointer,
            rows.stride,
            inputs,
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
                #expect(expected.scales[output].bitPattern & 0x1ffff == 0)
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
